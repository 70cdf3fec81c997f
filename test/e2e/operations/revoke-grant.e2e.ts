import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aGrant, foreignDenial, rootOf, UNKNOWN_GRANT_ID } from '../fixtures/grants.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let other: Caller;
let key: TestKey;
beforeAll(async () => {
  other = new Caller({ account: await anotherAccount(testCluster()) });
  key = await aKey(caller);
});
afterAll(() => {
  caller[Symbol.dispose]();
  other[Symbol.dispose]();
});

describe('RevokeGrant', () => {
  test('ends a grant at once and no other, and is recorded', async () => {
    const own = await aKey(caller);
    const [revoked, kept] = [await aGrant(caller, own, other), await aGrant(caller, own, other, { Operations: ['DescribeKey'] })];
    await other.ok('Encrypt', { KeyId: own.arn, Plaintext: blob('x') });
    const answer = await caller.ok('RevokeGrant', { KeyId: own.id, GrantId: revoked.id });
    expect(answer.http.text).toBe('');
    const encrypt = { KeyId: own.arn, Plaintext: blob('x'), GrantTokens: [revoked.token] };
    expect(await other.kms('Encrypt', encrypt)).toMatchObject(foreignDenial(other, 'Encrypt'));
    await other.ok('DescribeKey', { KeyId: own.arn });
    expect((await caller.ok('ListGrants', { KeyId: own.id })).body['Grants']).toMatchObject([{ GrantId: kept.id }]);
    await expectRecord(caller, 'RevokeGrant', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id, grantId: revoked.id },
      responseElements: { keyId: own.arn },
    });
  });

  test('leaves the grants that its grantee has made', async () => {
    const own = await aKey(caller);
    const parent = await aGrant(caller, own, other, { Operations: ['CreateGrant', 'DescribeKey'] });
    await other.ok('CreateGrant', { KeyId: own.arn, GranteePrincipal: rootOf(other), Operations: ['DescribeKey'] });
    await caller.ok('RevokeGrant', { KeyId: own.arn, GrantId: parent.id });
    await other.ok('DescribeKey', { KeyId: own.arn });
  });

  test('works in any state of the key, and as a dry run changes nothing', async () => {
    const own = await aKey(caller);
    const { id } = await aGrant(caller, own, other);
    await caller.ok('ScheduleKeyDeletion', { KeyId: own.id, PendingWindowInDays: 7 });
    const input = { KeyId: own.arn, GrantId: id };
    expect(await caller.kms('RevokeGrant', { ...input, DryRun: true })).toMatchObject({ error: 'DryRunOperationException' });
    await caller.ok('RevokeGrant', input);
    expect(await caller.kms('RevokeGrant', input)).toMatchObject({ error: 'NotFoundException' });
  });

  testRefusals('RevokeGrant', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'RevokeGrant',
      more: () => ({ GrantId: UNKNOWN_GRANT_ID }),
      aliases: false,
      key: () => key,
    }),
    {
      name: 'an unknown grant is not found',
      input: () => ({ KeyId: key.arn, GrantId: UNKNOWN_GRANT_ID }),
      error: 'NotFoundException',
      message: () => `Grant ${UNKNOWN_GRANT_ID} is not found for ${key.arn}.`,
    },
    {
      name: 'what is no grant id is invalid',
      input: () => ({ KeyId: key.arn, GrantId: 'nope' }),
      error: 'InvalidGrantIdException',
      message: 'Invalid grant ID: nope',
    },
  ]);
});
