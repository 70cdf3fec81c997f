import { requestIdOf } from '@trent/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller, type Answer } from '../fixtures/caller.ts';
import { anotherAccount, firstAccount, testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { connectNative } from '../fixtures/native.ts';
import { newestRecords, recordOf } from '../fixtures/records.ts';

let owner: Caller;
let user: Caller;
let guest: TestAccount;
let key: TestKey;
beforeAll(async () => {
  const cluster = testCluster();
  guest = await anotherAccount(cluster);
  owner = new Caller({ account: await anotherAccount(cluster) });
  user = new Caller({ account: guest });
  const accounts = [owner.account.accountId, guest.accountId].map((id) => `arn:aws:iam::${id}:root`);
  const statement = { Effect: 'Allow', Principal: { AWS: accounts }, Action: 'kms:*', Resource: '*' };
  key = await aKey(owner, { Policy: JSON.stringify({ Version: '2012-10-17', Statement: statement }) });
}, 120_000);
afterAll(() => [owner, user].forEach((caller) => caller[Symbol.dispose]()));

describe('a key that another account uses', () => {
  const read = { EncryptionContext: { tenant: 'blue' }, KeySpec: 'AES_256' };
  const grant = { Operations: ['Decrypt'] };
  test.each([
    ['GenerateDataKey', () => read],
    ['DescribeKey', () => ({})],
    ['CreateGrant', () => ({ ...grant, GranteePrincipal: `arn:aws:iam::${guest.accountId}:root` })],
  ])('%s: shows in the trail of both, and the owner is told of the account alone', async (rpc, more) => {
    const answer = await user.ok(rpc, { KeyId: key.arn, ...more() });
    const [own, shared] = [await recordOf(user, rpc, answer), await recordOf(owner, rpc, answer)];
    expect(own).toMatchObject({
      recipientAccountId: guest.accountId,
      userIdentity: { type: 'Root', arn: `arn:aws:iam::${guest.accountId}:root` },
    });
    expect(shared).toMatchObject({
      eventName: rpc,
      recipientAccountId: owner.account.accountId,
      sharedEventID: own['sharedEventID'],
      requestParameters: own['requestParameters'],
      resources: [{ ARN: key.arn, accountId: owner.account.accountId }],
    });
    expect(shared['userIdentity']).toEqual({ type: 'AWSAccount', principalId: guest.accountId, accountId: guest.accountId });
    expect(shared['eventID']).not.toBe(own['eventID']);
  });

  test('a denial is recorded for who was denied alone', async () => {
    const other = await aKey(owner);
    const answer = await user.kms('GenerateDataKey', { KeyId: other.arn, KeySpec: 'AES_256' });
    expect(answer).toMatchObject({ error: 'AccessDeniedException' });
    expect(await recordOf(user, 'GenerateDataKey', answer)).not.toHaveProperty('sharedEventID');
    // What comes after it is there, so it would be too.
    await recordOf(owner, 'GenerateDataKey', await user.ok('GenerateDataKey', { KeyId: key.arn, KeySpec: 'AES_256' }));
    const ids = (await newestRecords(owner, 'GenerateDataKey')).map(({ requestID }) => requestID);
    expect(ids).not.toContain(answer.requestId);
  });

  test('a use by its own account has one record', async () => {
    const answer = await owner.ok('GenerateDataKey', { KeyId: key.arn, KeySpec: 'AES_256' });
    expect(await recordOf(owner, 'GenerateDataKey', answer)).not.toHaveProperty('sharedEventID');
  });
});

test('the record of a native call tells of TLS what that of an HTTPS call tells', async () => {
  const account = firstAccount(testCluster());
  using caller = new Caller({ account });
  using trent = connectNative({ account });
  const plain: Pick<Answer, 'requestId'> = await caller.ok('ListKeys', { Limit: 1 });
  const native = { requestId: requestIdOf(await trent.listKeys({ limit: 1 })) ?? '' };
  const [byHttps, byGrpc] = [await recordOf(caller, 'ListKeys', plain), await recordOf(caller, 'ListKeys', native)];
  const { tlsVersion, cipherSuite } = byHttps['tlsDetails'] as Record<string, string>;
  expect(byGrpc['tlsDetails']).toEqual({
    tlsVersion,
    cipherSuite,
    clientProvidedHostHeader: expect.stringMatching(/^(localhost|127\.0\.0\.1)(:\d+)?$/),
  });
});
