import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awsEnum, membersOf, operations, type Operation } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import {
  algorithmsOf,
  checkKeyUsage,
  isCompatible,
  KEY_SPECS,
  KEY_USAGES,
  usageTable,
  type KeySpec,
  type KeyUsage,
  type UsageOperation,
} from '@trent/key-model';
import { Caller, type Answer, type Members } from '../fixtures/caller.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { roundTrips } from './round-trips.ts';
import { sampleInput } from './samples.ts';

/** One use of a key by a served operation, and the member that names its algorithm; ReEncrypt has two. */
interface Use {
  readonly name: UsageOperation;
  readonly operation: Operation;
  readonly position: number;
  /** Algorithms of the contract; one undefined when the operation names none. */
  readonly algorithms: readonly (string | undefined)[];
  readonly algorithmMember: string;
}

const USES: readonly Use[] = (Object.keys(usageTable) as UsageOperation[]).flatMap((name) => {
  const operation = operations.get(`kms.${usageTable[name].shown}`);
  if (operation === undefined) return [];
  const position = name === 'ReEncryptTo' ? 1 : 0;
  const algorithmMember = operation.option.keys[position]?.algorithmMember ?? '';
  const field = membersOf(operation.request).find(({ awsName }) => awsName === algorithmMember)?.field;
  const algorithms = field?.enum === undefined ? [undefined] : awsEnum(field.enum.typeName).values;
  return [{ name, operation, position, algorithms, algorithmMember }];
});

const PAIRS = KEY_SPECS.flatMap((spec) => KEY_USAGES.map((usage) => ({ spec, usage })));
const MAKEABLE = PAIRS.filter(({ spec, usage }) => isCompatible(spec, usage));
const REFUSED = PAIRS.filter(({ spec, usage }) => !isCompatible(spec, usage));
/** An RSA-4096 key on a machine that does much else. */
const PATIENCE_MS = 120_000;
const TRIES = 5;

const caller = new Caller();
const count = { refusedAtBirth: 0, notCarried: 0, served: 0, refused: 0 };
let helper: TestKey;
beforeAll(async () => {
  helper = await aKey(caller);
});
afterAll(() => {
  caller[Symbol.dispose]();
  const { refusedAtBirth, notCarried, served, refused } = count;
  process.stdout.write(
    `spec × usage × algorithm: ${refusedAtBirth + notCarried + served + refused} cells: ${refusedAtBirth} keys that AWS has not, ` +
      `${notCarried} that the HSM has not, ${served} algorithms served, ${refused} refused\n`,
  );
});

test.each(REFUSED)('no key of $spec is made for $usage', async ({ spec, usage }) => {
  const answer = await caller.kms('CreateKey', { KeySpec: spec, KeyUsage: usage });
  const message = `KeyUsage ${usage} is not compatible with KeySpec ${spec}`;
  expect({ error: answer.error, message: answer.message }).toEqual({ error: 'ValidationException', message });
  count.refusedAtBirth++;
});

describe.each(MAKEABLE)('$spec for $usage', ({ spec, usage }) => {
  test(
    'each operation takes its algorithms and no other',
    async () => {
      const key = await servedKey(spec, usage);
      if (key === undefined) return;
      for (const use of USES) {
        for (const algorithm of use.algorithms) await walk({ spec, usage, key }, use, algorithm);
      }
    },
    PATIENCE_MS,
  );
});

/** The key, or undefined after the HSM's refusal has been seen. Making an RSA key may take longer than one request has. */
async function servedKey(spec: KeySpec, usage: KeyUsage): Promise<TestKey | undefined> {
  for (let tries = 1; ; tries++) {
    const answer = await caller.kms('CreateKey', { KeySpec: spec, KeyUsage: usage });
    if (answer.error === 'DependencyTimeoutException' && tries < TRIES) continue;
    if (answer.status !== 200) {
      expect(answer).toMatchObject({ status: 400, error: 'UnsupportedOperationException' });
      expect(answer.message).toMatch(new RegExp(`^KeySpec ${spec} is not served: \\S`));
      count.notCarried++;
      return undefined;
    }
    const { KeyId, Arn } = answer.body['KeyMetadata'] as { KeyId: string; Arn: string };
    return { id: KeyId, arn: Arn };
  }
}

/** A key and what it is. */
interface Kind {
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly key: TestKey;
}

async function walk({ spec, usage, key }: Kind, use: Use, algorithm: string | undefined): Promise<void> {
  const cell = `${use.name} ${algorithm ?? ''} with ${spec} for ${usage}`;
  const named = algorithm === undefined ? {} : { [use.algorithmMember]: algorithm };
  const refusal = refusalOf(use.name, { spec, usage, key }, algorithm);
  if (refusal === undefined) {
    const verdict = await roundTrips[use.name]?.(caller, { spec, key, helper, algorithm }).catch(notCarried);
    if (verdict === 'not carried') count.notCarried++;
    else {
      expect([cell, verdict]).toEqual([cell, true]);
      count.served++;
    }
    return;
  }
  const input = await badInput(use, key);
  expect([cell, told(await caller.kms(use.operation.rpc, { ...input, ...named }))]).toEqual([cell, refusal]);
  count.refused++;
}

/** What a module that carries the spec may lack of its algorithms is refused with the reason. */
function notCarried(error: unknown): 'not carried' {
  if (/UnsupportedOperationException.*Algorithm ED25519_PH_SHA_512 is not served: \S/.test(String(error))) return 'not carried';
  throw error;
}

/** A request whose key cannot do it: samples that only such a key makes are any bytes. */
function badInput({ operation, position }: Use, key: TestKey): Promise<Members> {
  return sampleInput(operation, { caller, key, material: undefined, helper, position, usable: false });
}

function told({ error, message }: Answer): { error: string | undefined; message: string } {
  return { error, message: message ?? '' };
}

/** What the table of usages says; undefined: the key can. */
function refusalOf(name: UsageOperation, { spec, usage, key }: Kind, algorithm: string | undefined) {
  try {
    checkKeyUsage(name, key.arn, spec, usage, algorithm);
    return undefined;
  } catch (error) {
    if (!isTrentError(error)) throw error;
    return { error: error.code as string, message: error.message };
  }
}

test('every algorithm of every spec is one of the contract', () => {
  const known = new Set(USES.flatMap(({ algorithms }) => algorithms));
  const served = new Set(USES.map(({ name }) => usageTable[name].usage));
  const wanted = MAKEABLE.filter(({ usage }) => served.has(usage)).flatMap(({ spec, usage }) => algorithmsOf(spec, usage));
  expect(wanted.filter((algorithm) => !known.has(algorithm))).toEqual([]);
});
