import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { membersOf, operations, options, type MemberField, type Operation } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import { isKeyOperation, isUsageOperation, operationInState, usageTable, type KeyOperation, type KeySpec } from '@trent/key-model';
import { Caller, type Answer, type Members } from '../fixtures/caller.ts';
import { importMaterial } from '../fixtures/imports.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { sampleInput } from './samples.ts';

/** States that a caller can bring a key into; the rest pass too quickly, or belong to replicas and key stores. */
const STATES = [
  { origin: 'AWS_KMS', state: 'Enabled' },
  { origin: 'AWS_KMS', state: 'Disabled' },
  { origin: 'AWS_KMS', state: 'PendingDeletion' },
  { origin: 'EXTERNAL', state: 'Enabled' },
  { origin: 'EXTERNAL', state: 'Disabled' },
  { origin: 'EXTERNAL', state: 'PendingDeletion' },
  { origin: 'EXTERNAL', state: 'PendingImport' },
] as const;
type Place = (typeof STATES)[number];

/** How a key that is usable comes into the state. */
const WAYS = {
  Enabled: undefined,
  Disabled: 'DisableKey',
  PendingDeletion: 'ScheduleKeyDeletion',
  PendingImport: 'DeleteImportedKeyMaterial',
} as const;

/** A spec for each usage whose keys the HSM of the tests makes. */
const SPEC_OF_USAGE: Readonly<Record<string, KeySpec>> = {
  ENCRYPT_DECRYPT: 'SYMMETRIC_DEFAULT',
  SIGN_VERIFY: 'ECC_NIST_P256',
  GENERATE_VERIFY_MAC: 'HMAC_256',
  KEY_AGREEMENT: 'ECC_NIST_P256',
};

/** One use of a key by an operation; ReEncrypt has two. */
interface Row {
  readonly name: string;
  readonly operation: Operation & { readonly rpc: KeyOperation };
  readonly position: number;
  readonly spec: KeySpec;
  readonly usage: string;
}

/** Every served operation that has a key which can be made here. */
const ROWS: readonly Row[] = [...operations.values()].flatMap((operation) => {
  const { rpc, wire } = operation;
  if (wire.signingName !== 'kms' || !isKeyOperation(rpc)) return [];
  const usage = usageOf(rpc);
  const spec = SPEC_OF_USAGE[usage];
  if (spec === undefined) return [];
  return Array.from({ length: Math.max(1, keyMembersOf(operation).size) }, (_, position) => ({
    name: position === 0 ? rpc : `${rpc} (key ${String(position + 1)})`,
    operation: { ...operation, rpc },
    position,
    spec,
    usage,
  }));
});

/** Members that name a key whose state counts: the key behind an alias that moves may be in any. */
function keyMembersOf({ option }: Operation): ReadonlySet<string> {
  return new Set(option.keys.map(({ member }) => member).filter((member) => member !== option.aliasMember));
}

function usageOf(rpc: KeyOperation): string {
  if (rpc === 'GetPublicKey') return 'SIGN_VERIFY';
  const named = rpc === 'ReEncrypt' ? 'ReEncryptFrom' : rpc;
  return isUsageOperation(named) ? usageTable[named].usage : 'ENCRYPT_DECRYPT';
}

/** A key in its state, and requests that were made while it was usable. */
interface Prepared {
  readonly key: TestKey;
  readonly inputs: ReadonlyMap<Row, Members>;
}

const caller = new Caller();
const shared = new Map<string, Promise<Prepared>>();
const count = { cells: 0, granted: 0, refused: 0, dry: 0 };
const otherwise: string[] = [];
let helper: TestKey;
beforeAll(async () => {
  helper = await aKey(caller);
});
afterAll(() => {
  caller[Symbol.dispose]();
  const { cells, granted, refused, dry } = count;
  process.stdout.write(`state × operation: ${cells} cells, ${granted} granted, ${refused} refused for the state, ${dry} dry runs\n`);
  for (const line of otherwise) process.stdout.write(`  refused for another reason: ${line}\n`);
});

describe.each(STATES)('a key of origin $origin that is $state', (place) => {
  test.each(ROWS)('$name answers as the table says', async (row) => {
    const { key, inputs } = await prepared(place, row);
    const input = inputs.get(row) ?? {};
    if (dryRunOf(row.operation) !== undefined)
      await checkDryRun(place, row, key, await caller.kms(row.operation.rpc, { ...input, DryRun: true }));
    check(place, row, key, await caller.kms(row.operation.rpc, input));
  });
});

/** Reads share a key; what changes one has its own. */
function prepared(place: Place, row: Row): Promise<Prepared> {
  if (!row.operation.option.readOnly) return prepare(place, [row]);
  const name = `${place.origin}/${place.state}/${row.spec}/${row.usage}`;
  const known = shared.get(name);
  if (known !== undefined) return known;
  const alike = ROWS.filter(({ operation, spec, usage }) => operation.option.readOnly && spec === row.spec && usage === row.usage);
  const made = prepare(place, alike);
  shared.set(name, made);
  return made;
}

async function prepare({ origin, state }: Place, rows: readonly Row[]): Promise<Prepared> {
  const [{ spec, usage }] = rows as readonly [Row];
  const key = await aKey(caller, { KeySpec: spec, KeyUsage: usage, Origin: origin });
  const material = origin === 'EXTERNAL' ? materialOf(spec) : undefined;
  if (material !== undefined) await importMaterial(caller, key, material);
  const inputs = new Map<Row, Members>();
  for (const row of rows)
    inputs.set(row, await sampleInput(row.operation, { caller, key, material, helper, position: row.position, usable: true }));
  const way = WAYS[state];
  if (way !== undefined) await caller.ok(way, { KeyId: key.id });
  return { key, inputs };
}

function materialOf(spec: KeySpec): Buffer {
  if (!spec.startsWith('ECC')) return randomBytes(32);
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' });
}

/** What the table of key states says; undefined: the state is no hindrance. */
function refusalOf({ origin, state }: Place, { operation, spec }: Row, { arn }: TestKey): { error: string; message: string } | undefined {
  try {
    operationInState(operation.rpc, state, arn, { spec, origin, multiRegion: 'NONE' });
    return undefined;
  } catch (error) {
    if (!isTrentError(error)) throw error;
    return { error: error.code, message: error.message };
  }
}

const STATE_TEXT = /is (disabled|pending deletion|pending import|not pending deletion|unavailable|creating|updating)\.$/;

function check(place: Place, row: Row, key: TestKey, answer: Answer): void {
  count.cells++;
  const refusal = refusalOf(place, row, key);
  const { status, error, message } = answer;
  if (refusal !== undefined) {
    count.refused++;
    expect({ status, error, message: message ?? '' }).toEqual({ status: 400, ...refusal });
  } else if (status === 200) {
    count.granted++;
  } else {
    otherwise.push(`${row.name} on ${place.origin} ${place.state}: ${String(error)} ${message ?? ''}`);
    expect(row.operation.option.errors).toContain(error);
    expect(message ?? '').not.toMatch(STATE_TEXT);
  }
}

/** A dry run finds what the run would find, up to the deed itself. */
async function checkDryRun(place: Place, row: Row, key: TestKey, answer: Answer): Promise<void> {
  count.dry++;
  const refusal = refusalOf(place, row, key);
  expect({ status: answer.status, error: answer.error }).toEqual({ status: 400, error: refusal?.error ?? 'DryRunOperationException' });
  if (place.origin !== 'AWS_KMS' || place.state !== 'Enabled' || refusal !== undefined) return;
  const { readOnly } = row.operation.option;
  // CloudTrail shows no parameters of RetireGrant at all.
  const shown = dryRunOf(row.operation)?.member.audit === options.Audit.AUDIT_SHOWN ? { requestParameters: { dryRun: true } } : {};
  await expectRecord(caller, row.operation.rpc, answer, { readOnly, error: 'DryRunOperationException', ...shown });
}

function dryRunOf({ request }: Operation): MemberField | undefined {
  return membersOf(request).find(({ awsName }) => awsName === 'DryRun');
}
