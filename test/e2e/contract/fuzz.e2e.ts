import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { membersOf, operations, type Operation } from '@trent/contracts';
import { catalogue } from '@trent/errors';
import fc from 'fast-check';
import { answerOf, Caller, jsonHeaders, type Answer } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { sharedCluster } from '../shared-cluster.ts';
import { samplesOf } from './sample-requests.ts';

/** Bodies that are sent: few with every `npm test`, more with `npm run test:fuzz`. */
const BODIES = Number(process.env['TRENT_FUZZ_BODIES'] ?? 1_500);
const SEED = Number(process.env['TRENT_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const AT_ONCE = 8;
/** What a gateway may take beyond what it had: heap that grows with load, not with what it read. */
const MOST_GROWTH_BYTES = 300 * 1024 * 1024;

/** Nothing that needs no key to change something: those could succeed with any good body. */
const FUZZED = [...operations.values()].filter(
  ({ name, option }) => name.startsWith('kms.') && (option.readOnly || option.keys.length > 0),
);
const documented = new Set(Object.values(catalogue).map(({ awsName }) => awsName));

let caller: Caller;
let key: TestKey;
beforeAll(async () => {
  caller = new Caller({ account: await anotherAccount(testCluster()) });
  key = await aKey(caller);
}, 60_000);
afterAll(() => caller[Symbol.dispose]());

/** Any value for any member, any bytes in any place of a good body. */
const bodies = fc.oneof(
  fc
    .record({
      at: fc.nat(),
      members: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 3 }),
      values: fc.array(fc.jsonValue(), { maxLength: 4 }),
    })
    .map(({ at, members, values }) => {
      const operation = operationAt(at);
      const names = membersOf(operation.request).map(({ awsName }) => awsName);
      const given = Object.fromEntries(values.map((value, index) => [names[(at + index) % Math.max(1, names.length)] ?? 'x', value]));
      return { operation, body: Buffer.from(JSON.stringify({ ...goodBody(operation), ...members, ...given })) };
    }),
  fc
    .record({ at: fc.nat(), place: fc.nat(), cut: fc.nat({ max: 12 }), splinter: fc.uint8Array({ maxLength: 12 }) })
    .map(({ at, place, cut, splinter }) => {
      const operation = operationAt(at);
      const good = Buffer.from(JSON.stringify(goodBody(operation)));
      const from = place % (good.length + 1);
      return { operation, body: Buffer.concat([good.subarray(0, from), splinter, good.subarray(from + cut)]) };
    }),
);

/** What is read may be read of a key that is there; what changes a key names none. */
function goodBody({ request, option }: Operation): Record<string, unknown> {
  const body = samplesOf(membersOf(request));
  return option.readOnly && 'KeyId' in body ? { ...body, KeyId: key.id } : body;
}

/** Resident memory of the gateway that answers. */
async function gatewayBytes(): Promise<number> {
  const { pid } = await sharedCluster().process('gateway-a');
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

function operationAt(at: number): Operation {
  const operation = FUZZED[at % FUZZED.length];
  if (operation === undefined) throw new Error('no operation is served');
  return operation;
}

async function send({ operation, body }: { operation: Operation; body: Buffer }): Promise<Answer> {
  const plain = { headers: jsonHeaders(`TrentService.${operation.rpc}`), body };
  return answerOf(await caller.wire.send({ ...plain, headers: await caller.sign(plain) }));
}

test('any body gets a documented error, in bounded memory, and changes nothing', async () => {
  const state = async () => [
    (await caller.ok('ListKeys')).body,
    (await caller.ok('ListAliases')).body,
    (await caller.ok('DescribeKey', { KeyId: key.id })).body,
    (await caller.ok('GetKeyPolicy', { KeyId: key.id })).body,
    (await caller.ok('ListResourceTags', { KeyId: key.id })).body,
    (await caller.ok('ListGrants', { KeyId: key.id })).body,
  ];
  const [before, memory] = [await state(), await gatewayBytes()];
  const counts = new Map<string, number>();
  const inputs = fc.sample(bodies, { numRuns: BODIES, seed: SEED });
  for (let at = 0; at < inputs.length; at += AT_ONCE) {
    await Promise.all(
      inputs.slice(at, at + AT_ONCE).map(async (input) => {
        const { status, error = '' } = await send(input);
        const where = `${input.operation.rpc} ${input.body.toString('base64')} (seed ${String(SEED)})`;
        if (status === 200) counts.set('answered', (counts.get('answered') ?? 0) + 1);
        else {
          counts.set(error, (counts.get(error) ?? 0) + 1);
          expect({ where, status, isDocumented: documented.has(error) }).toEqual({ where, status: 400, isDocumented: true });
        }
      }),
    );
  }
  process.stdout.write(`fuzz: ${String(BODIES)} bodies: ${JSON.stringify(Object.fromEntries(counts))}\n`);
  expect(await state()).toEqual(before);
  expect((await gatewayBytes()) - memory).toBeLessThan(MOST_GROWTH_BYTES);
}, 3_600_000);
