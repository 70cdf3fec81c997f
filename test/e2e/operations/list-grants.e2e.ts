import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aGrant, rootOf, UNKNOWN_GRANT_ID } from '../fixtures/grants.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
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

const idsOf = (grants: unknown): string[] => (grants as { GrantId: string }[]).map(({ GrantId }) => GrantId);

describe('ListGrants', () => {
  test('tells each grant whole, and is recorded', async () => {
    const own = await aKey(caller);
    const Constraints = { EncryptionContextEquals: { Dept: 'IT' }, SourceArn: 'arn:aws:s3:us-east-1:111122223333:bucket' };
    const { id } = await aGrant(caller, own, other, { Name: 'all', RetiringPrincipal: rootOf(caller), Constraints });
    const plain = await aGrant(caller, own, other);
    const service = {
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 's3.amazonaws.com',
      RetiringServicePrincipal: 's3.amazonaws.com',
      Constraints,
    };
    const toService = await aGrant(caller, own, other, service);
    const answer = await caller.ok('ListGrants', { KeyId: own.id });
    expect(answer.body['Truncated']).toBe(false);
    expect(answer.body).not.toHaveProperty('NextMarker');
    const common = { KeyId: own.arn, IssuingAccount: rootOf(caller), Operations: ['Encrypt', 'Decrypt'], CreationDate: expect.any(Number) };
    const grants = answer.body['Grants'] as { GrantId: string }[];
    const entries = new Map(grants.map((grant) => [grant.GrantId, grant]));
    expect(entries.get(id)).toEqual({
      ...common,
      GrantId: id,
      Name: 'all',
      GranteePrincipal: rootOf(other),
      RetiringPrincipal: rootOf(caller),
      Constraints: { EncryptionContextEquals: { Dept: 'IT' }, SourceArn: Constraints.SourceArn },
    });
    expect(entries.get(plain.id)).toEqual({ ...common, GrantId: plain.id, Name: '', GranteePrincipal: rootOf(other) });
    expect(entries.get(toService.id)).toMatchObject({
      GranteeServicePrincipal: 's3.amazonaws.com',
      RetiringServicePrincipal: 's3.amazonaws.com',
    });
    await expectRecord(caller, 'ListGrants', answer, {
      readOnly: true,
      resources: [own.arn],
      requestParameters: { keyId: own.id },
      responseElements: null,
    });
  });

  test('filters by grant and grantee, together', async () => {
    const own = await aKey(caller);
    const [first, second] = [await aGrant(caller, own, other), await aGrant(caller, own, caller)];
    const list = async (filter: object) => idsOf((await caller.ok('ListGrants', { KeyId: own.id, ...filter })).body['Grants']);
    expect(await list({ GranteePrincipal: rootOf(other) })).toEqual([first.id]);
    expect(await list({ GrantId: second.id })).toEqual([second.id]);
    expect(await list({ GrantId: second.id, GranteePrincipal: rootOf(other) })).toEqual([]);
    expect(await list({ GrantId: UNKNOWN_GRANT_ID })).toEqual([]);
    expect(await list({ GranteeServicePrincipal: 's3.amazonaws.com' })).toEqual([]);
  });

  test('pages through all of them once, also when a key has more than its view holds', async () => {
    const own = await aKey(caller);
    const made: string[] = [];
    for (let at = 0; at < 20; at++) made.push((await aGrant(caller, own, other, { Operations: ['DescribeKey'] })).id);
    const seen: string[] = [];
    let Marker: unknown;
    do {
      const { body } = await caller.ok('ListGrants', { KeyId: own.id, Limit: 7, ...(Marker === undefined ? {} : { Marker }) });
      seen.push(...idsOf(body['Grants']));
      Marker = body['NextMarker'];
    } while (Marker !== undefined);
    expect(seen.toSorted()).toEqual(made.toSorted());
    await other.ok('DescribeKey', { KeyId: own.arn });
    await caller.ok('RevokeGrant', { KeyId: own.arn, GrantId: made[0] });
    await other.ok('DescribeKey', { KeyId: own.arn });
    for (const GrantId of made.slice(1)) await caller.ok('RevokeGrant', { KeyId: own.arn, GrantId });
    expect((await other.kms('DescribeKey', { KeyId: own.arn })).error).toBe('AccessDeniedException');
  });

  testRefusals('ListGrants', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'ListGrants', aliases: false, key: () => key }),
    {
      name: 'what is no grant id is invalid',
      input: () => ({ KeyId: key.id, GrantId: 'nope' }),
      error: 'InvalidGrantIdException',
      message: 'Invalid grant ID: nope',
    },
    { name: 'a marker of another list is invalid', input: () => ({ KeyId: key.id, Marker: 'AAAA' }), error: 'InvalidMarkerException' },
    {
      name: 'two filters by grantee are invalid',
      input: () => ({ KeyId: key.id, GranteePrincipal: rootOf(caller), GranteeServicePrincipal: 's3.amazonaws.com' }),
      error: 'ValidationException',
      message: 'You can specify GranteePrincipal or GranteeServicePrincipal, but not both.',
    },
  ]);
});
