import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aGrant, foreignDenial, rootOf, UNKNOWN_GRANT_ID } from '../fixtures/grants.ts';
import { aKey, blob, tampered, UNKNOWN_KEY_ID, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let other: Caller;
let third: Caller;
let key: TestKey;
let token = '';
beforeAll(async () => {
  other = new Caller({ account: await anotherAccount(testCluster()) });
  third = new Caller({ account: await anotherAccount(testCluster()) });
  key = await aKey(caller);
  ({ token } = await aGrant(caller, key, other));
});
afterAll(() => {
  for (const one of [caller, other, third]) one[Symbol.dispose]();
});

describe('RetireGrant', () => {
  test('ends a grant at once, named by its token or by key and id, and is recorded with the grant', async () => {
    const own = await aKey(caller);
    for (const byToken of [true, false]) {
      const grant = await aGrant(caller, own, other, { RetiringPrincipal: rootOf(third) });
      await other.ok('Encrypt', { KeyId: own.arn, Plaintext: blob('x') });
      const answer = await third.ok('RetireGrant', byToken ? { GrantToken: grant.token } : { KeyId: own.arn, GrantId: grant.id });
      expect(answer.http.text).toBe('');
      expect(await other.kms('Encrypt', { KeyId: own.arn, Plaintext: blob('x') })).toMatchObject(foreignDenial(other, 'Encrypt'));
      await expectRecord(third, 'RetireGrant', answer, {
        readOnly: false,
        resources: [own.arn],
        requestParameters: null,
        responseElements: { keyId: own.arn },
        additionalEventData: { grantId: grant.id },
      });
    }
  });

  test('is for the grantee if the grant says so, and for the account that made it; for nobody else', async () => {
    const own = await aKey(caller);
    const plain = await aGrant(caller, own, other);
    for (const [who, denied] of [
      [other, foreignDenial(other, 'RetireGrant')],
      [third, foreignDenial(third, 'RetireGrant')],
    ] as const) {
      expect(await who.kms('RetireGrant', { KeyId: own.arn, GrantId: plain.id })).toMatchObject(denied);
      expect(await who.kms('RetireGrant', { GrantToken: plain.token })).toMatchObject(denied);
    }
    await caller.ok('RetireGrant', { KeyId: own.id, GrantId: plain.id });
    const retirable = await aGrant(caller, own, other, { Operations: ['Encrypt', 'RetireGrant'] });
    await other.ok('RetireGrant', { GrantToken: retirable.token });
    expect((await caller.ok('ListGrants', { KeyId: own.id })).body['Grants']).toEqual([]);
  });

  test('of a grant made by another account is not for the owner of the key', async () => {
    const own = await aKey(caller);
    await aGrant(caller, own, other, { Operations: ['CreateGrant', 'Encrypt'] });
    const { body } = await other.ok('CreateGrant', { KeyId: own.arn, GranteePrincipal: rootOf(third), Operations: ['Encrypt'] });
    expect(await caller.kms('RetireGrant', { KeyId: own.arn, GrantId: body['GrantId'] })).toMatchObject({ error: 'AccessDeniedException' });
    await other.ok('RetireGrant', { KeyId: own.arn, GrantId: body['GrantId'] });
  });

  test('works in any state of the key, as a dry run changes nothing, and a second time finds nothing', async () => {
    const own = await aKey(caller);
    const { id } = await aGrant(caller, own, other);
    await caller.ok('DisableKey', { KeyId: own.id });
    const input = { KeyId: own.arn, GrantId: id };
    expect(await caller.kms('RetireGrant', { ...input, DryRun: true })).toMatchObject({ error: 'DryRunOperationException' });
    await caller.ok('RetireGrant', input);
    expect(await caller.kms('RetireGrant', input)).toMatchObject({
      error: 'NotFoundException',
      message: `Grant ${id} is not found for ${own.arn}.`,
    });
  });

  testRefusals('RetireGrant', false, () => caller, [
    {
      name: 'garbage is no token',
      input: () => ({ GrantToken: 'garbage' }),
      error: 'InvalidGrantTokenException',
    },
    { name: 'a changed token is none', input: () => ({ GrantToken: tampered(token, 10) }), error: 'InvalidGrantTokenException' },
    {
      name: 'neither token nor grant is invalid',
      input: () => ({ KeyId: key.arn }),
      error: 'ValidationException',
      message: 'You must specify either the grant token or both the key ID and the grant ID.',
    },
    {
      name: 'token and grant together are invalid',
      input: () => ({ KeyId: key.arn, GrantId: UNKNOWN_GRANT_ID, GrantToken: token }),
      error: 'ValidationException',
      message: 'You must specify either the grant token or both the key ID and the grant ID.',
    },
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
    {
      name: 'an unknown key is not found',
      input: () => ({ KeyId: UNKNOWN_KEY_ID, GrantId: UNKNOWN_GRANT_ID }),
      error: 'NotFoundException',
      message: () => `Key 'arn:aws:kms:${caller.region}:${caller.account.accountId}:key/${UNKNOWN_KEY_ID}' does not exist`,
    },
  ]);
});
