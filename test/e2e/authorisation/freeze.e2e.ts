import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operatorOf, waitUntil, type AccountAdmin, type FreezeKind } from '@trent/local-cluster';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { writeFreeze } from '../fixtures/freeze-stream.ts';
import { newestRecords } from '../fixtures/records.ts';

let operator: AccountAdmin;
let caller: Caller;
let keyArn: string;
beforeAll(async () => {
  const cluster = testCluster();
  operator = operatorOf(cluster.folder, cluster.settings);
  caller = new Caller({ account: await anotherAccount(cluster) });
  const { body } = await caller.ok('CreateKey');
  keyArn = (body['KeyMetadata'] as { Arn: string }).Arn;
}, 120_000);
afterAll(() => {
  operator[Symbol.dispose]();
  caller[Symbol.dispose]();
});

const encrypt = () => caller.kms('Encrypt', { KeyId: keyArn, Plaintext: 'AAAA' });

describe('the kill switch', () => {
  test.each<[FreezeKind, () => string]>([
    ['account', () => caller.account.accountId],
    ['principal', () => `arn:aws:iam::${caller.account.accountId}:root`],
    ['key', () => keyArn],
  ])(
    'a frozen %s is refused once it is answered, recorded, and let go again',
    async (kind, name) => {
      expect((await encrypt()).status).toBe(200);
      await operator.freeze(kind, name(), 'stolen');
      const answers = await Promise.all(Array.from({ length: 20 }, encrypt));
      for (const { error, message } of answers)
        expect([error, message]).toEqual(['AccessDeniedException', `The ${kind} is frozen by the operator: ${name()}`]);
      expect((await operator.listFreezes()).map(({ target }) => target)).toContain(`${kind}/${name()}`);
      await operator.unfreeze(kind, name(), 'found');
      await waitUntil('the target to be let go', 10_000, async () => (await encrypt()).status === 200 || 'refused');
      const details = { target: `${kind}/${name()}`, reason: 'stolen' };
      await waitUntil('the record', 20_000, async () => {
        const records = await newestRecords(caller, 'Freeze');
        return records.some((record) => JSON.stringify(record['serviceEventDetails']) === JSON.stringify(details)) || 'not there';
      });
    },
    60_000,
  );

  test('is not undone by whoever can write to NATS', async () => {
    const { accountId } = caller.account;
    await operator.freeze('account', accountId, 'stolen');
    const forged = { target: `account/${accountId}`, frozen: false, reason: 'found', atMs: Date.now() };
    await writeFreeze(testCluster(), forged.target, JSON.stringify({ ...forged, proof: Buffer.alloc(32).toString('base64url') }));
    await waitUntil('the message to be heard', 10_000, async () => {
      const found = (await operator.listFreezes()).find(({ target }) => target === forged.target);
      return found?.reason === 'a message without proof stands in the stream of freezes' || 'not heard';
    });
    expect((await encrypt()).error).toBe('AccessDeniedException');
    await operator.unfreeze('account', accountId, 'found');
    await waitUntil('the account to be let go', 10_000, async () => (await encrypt()).status === 200 || 'refused');
  }, 60_000);
});
