import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aGrant, foreignDenial, rootOf } from '../fixtures/grants.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, tampered, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let other: Caller;
let third: Caller;
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  other = new Caller({ account: await anotherAccount(testCluster()) });
  third = new Caller({ account: await anotherAccount(testCluster()) });
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => {
  for (const one of [caller, other, third]) one[Symbol.dispose]();
});

describe('CreateGrant', () => {
  test('gives its operations to its grantee at once, and nothing else to nobody else', async () => {
    const own = await aKey(caller);
    const encrypt = { KeyId: own.arn, Plaintext: blob('x') };
    expect(await other.kms('Encrypt', encrypt)).toMatchObject(foreignDenial(other, 'Encrypt'));
    const grant = await aGrant(caller, own, other, { Operations: ['Encrypt', 'DescribeKey'], Name: 'reader' });
    expect(grant.id).toMatch(/^[0-9a-f]{64}$/);
    expect(grant.token).toMatch(/^AQpA[A-Za-z0-9+/]+=*$/);
    const { body } = await other.ok('Encrypt', encrypt);
    expect(body['KeyId']).toBe(own.arn);
    await other.ok('DescribeKey', { KeyId: own.arn });
    const decrypt = { KeyId: own.arn, CiphertextBlob: body['CiphertextBlob'] };
    expect(await other.kms('Decrypt', decrypt)).toMatchObject(foreignDenial(other, 'Decrypt'));
    expect(await third.kms('Encrypt', encrypt)).toMatchObject(foreignDenial(third, 'Encrypt'));
    await expectRecord(caller, 'CreateGrant', grant.answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: {
        keyId: own.arn,
        granteePrincipal: rootOf(other),
        operations: ['Encrypt', 'DescribeKey'],
        name: 'reader',
      },
      responseElements: { grantId: grant.id, keyId: own.arn },
    });
  });

  test('never gives the right to list or revoke grants', async () => {
    const own = await aKey(caller);
    const grant = await aGrant(caller, own, other, { Operations: ['CreateGrant', 'RetireGrant', 'DescribeKey'] });
    expect(await other.kms('ListGrants', { KeyId: own.arn })).toMatchObject(foreignDenial(other, 'ListGrants'));
    expect(await other.kms('RevokeGrant', { KeyId: own.arn, GrantId: grant.id })).toMatchObject(foreignDenial(other, 'RevokeGrant'));
  });

  test.each([
    ['EncryptionContextEquals', { Dept: 'IT' }, { dept: 'IT' }, true],
    ['EncryptionContextEquals', { Dept: 'IT' }, { Dept: 'it' }, false],
    ['EncryptionContextEquals', { Dept: 'IT' }, { Dept: 'IT', more: 'x' }, false],
    ['EncryptionContextEquals', { Dept: 'IT' }, undefined, false],
    ['EncryptionContextSubset', { Dept: 'IT' }, { Dept: 'IT', more: 'x' }, true],
    ['EncryptionContextSubset', { Dept: 'IT' }, { Dept: 'HR', more: 'x' }, false],
  ])('with %s %j a request with the context %j is allowed: %s', async (type, pairs, EncryptionContext, isAllowed) => {
    const own = await aKey(caller);
    await aGrant(caller, own, other, { Constraints: { [type]: pairs } });
    const input = { KeyId: own.arn, Plaintext: blob('x'), ...(EncryptionContext === undefined ? {} : { EncryptionContext }) };
    expect((await other.kms('Encrypt', input)).error).toBe(isAllowed ? undefined : 'AccessDeniedException');
  });

  test('with a source holds for calls made for that resource alone', async () => {
    const own = await aKey(caller);
    await aGrant(caller, own, other, { Constraints: { SourceArn: 'arn:aws:s3:us-east-1:111122223333:bucket' } });
    expect(await other.kms('Encrypt', { KeyId: own.arn, Plaintext: blob('x') })).toMatchObject(foreignDenial(other, 'Encrypt'));
  });

  test('of the same name and meaning is the same grant, with another token as good as the first', async () => {
    const own = await aKey(caller);
    const named = { Name: 'once', Constraints: { EncryptionContextSubset: { a: '1', b: '2' } } };
    const first = await aGrant(caller, own, other, named);
    const again = await aGrant(caller, own, other, { ...named, Operations: ['Decrypt', 'Encrypt', 'Encrypt'] });
    const different = await aGrant(caller, own, other, { Name: 'once' });
    const unnamed = [await aGrant(caller, own, other), await aGrant(caller, own, other)];
    expect(again.id).toBe(first.id);
    expect(again.token).not.toBe(first.token);
    expect(new Set([first.id, different.id, ...unnamed.map(({ id }) => id)]).size).toBe(4);
    expect((await caller.ok('ListGrants', { KeyId: own.id })).body['Grants']).toHaveLength(4);
  });

  test('by a grantee gives no more than the grantee has', async () => {
    const own = await aKey(caller);
    const Constraints = { EncryptionContextSubset: { tenant: 'blue' } };
    await aGrant(caller, own, other, { Operations: ['CreateGrant', 'Encrypt'], Constraints });
    const child = { KeyId: own.arn, GranteePrincipal: rootOf(third), Operations: ['Encrypt'] };
    const wider = [
      child,
      { ...child, Operations: ['Encrypt', 'Decrypt'], Constraints },
      { ...child, Constraints: { EncryptionContextSubset: { tenant: 'red' } } },
    ];
    for (const input of wider) expect(await other.kms('CreateGrant', input)).toMatchObject(foreignDenial(other, 'CreateGrant'));
    const narrower = { ...child, Constraints: { EncryptionContextEquals: { Tenant: 'blue', x: 'y' } } };
    const { body } = await other.ok('CreateGrant', narrower);
    await third.ok('Encrypt', { KeyId: own.arn, Plaintext: blob('x'), EncryptionContext: { Tenant: 'blue', x: 'y' } });
    const listed = (await caller.ok('ListGrants', { KeyId: own.arn, GrantId: body['GrantId'] })).body['Grants'];
    expect(listed).toMatchObject([{ IssuingAccount: rootOf(other), GranteePrincipal: rootOf(third) }]);
  });

  test('answers tokens that are accepted where they help nothing, and garbage is told from them', async () => {
    const own = await aKey(caller);
    const { token } = await aGrant(caller, own, other);
    const encrypt = (GrantTokens: string[]) => ({ KeyId: own.arn, Plaintext: blob('x'), GrantTokens });
    await other.ok('Encrypt', encrypt([token]));
    await caller.ok('Encrypt', { ...encrypt([token]), KeyId: key.arn });
    expect(await third.kms('Encrypt', encrypt([token]))).toMatchObject(foreignDenial(third, 'Encrypt'));
    for (const garbage of ['garbage', tampered(token), tampered(token, 5), `${token}AAAA`, `${token} `]) {
      expect(await other.kms('Encrypt', encrypt([token, garbage]))).toMatchObject({ error: 'InvalidGrantTokenException' });
    }
  });

  test('as a dry run checks everything and makes no grant', async () => {
    const own = await aKey(caller);
    const input = { KeyId: own.arn, GranteePrincipal: rootOf(other), Operations: ['Encrypt'], DryRun: true };
    const answer = await caller.kms('CreateGrant', input);
    expect(answer).toMatchObject({
      error: 'DryRunOperationException',
      message: 'The request would have succeeded, but the DryRun option is set.',
    });
    await expectRecord(caller, 'CreateGrant', answer, { readOnly: false, error: 'DryRunOperationException' });
    expect(await caller.kms('CreateGrant', { ...input, Operations: ['Sign'] })).toMatchObject({ error: 'ValidationException' });
    expect(await third.kms('CreateGrant', input)).toMatchObject(foreignDenial(third, 'CreateGrant'));
    expect((await caller.ok('ListGrants', { KeyId: own.id })).body['Grants']).toEqual([]);
  });

  test('is bound by the conditions that speak of grants', async () => {
    const account = rootOf(caller);
    const statement = (Action: string, more: object) => ({ Effect: 'Allow', Principal: { AWS: account }, Resource: '*', Action, ...more });
    const Condition = {
      'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'Decrypt'] },
      StringEquals: {
        'kms:GranteePrincipal': rootOf(other),
        'kms:GrantConstraintType': 'EncryptionContextSubset',
        'kms:EncryptionContext:app': 'x',
      },
      Bool: { 'kms:GrantIsForAWSResource': 'false' },
      Null: { 'kms:RetiringPrincipal': 'true' },
    };
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [statement('kms:CreateGrant', { Condition }), statement('kms:PutKeyPolicy', {}), statement('kms:ListGrants', {})],
    });
    const own = await aKey(caller, { Policy });
    const good = {
      KeyId: own.arn,
      GranteePrincipal: rootOf(other),
      Operations: ['Encrypt'],
      Constraints: { EncryptionContextSubset: { app: 'x' } },
    };
    await caller.ok('CreateGrant', good);
    const wrong = [
      { Operations: ['Encrypt', 'DescribeKey'] },
      { GranteePrincipal: rootOf(third) },
      { RetiringPrincipal: rootOf(other) },
      { Constraints: { EncryptionContextSubset: { app: 'y' } } },
      { Constraints: { EncryptionContextEquals: { app: 'x' } } },
      { Constraints: undefined },
    ];
    for (const change of wrong) {
      expect([change, (await caller.kms('CreateGrant', { ...good, ...change })).error]).toEqual([change, 'AccessDeniedException']);
    }
  });

  testRefusals('CreateGrant', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'CreateGrant',
      more: () => ({ GranteePrincipal: rootOf(caller), Operations: ['Encrypt'] }),
      aliases: false,
      key: () => key,
    }),
    {
      name: 'a disabled key gets no grant',
      input: () => ({ KeyId: disabled.id, GranteePrincipal: rootOf(caller), Operations: ['Encrypt'] }),
      error: 'DisabledException',
      message: () => `${disabled.arn} is disabled.`,
    },
    {
      name: 'a key that is pending deletion gets no grant',
      input: () => ({ KeyId: doomed.id, GranteePrincipal: rootOf(caller), Operations: ['Encrypt'] }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'an operation that the key can not do is invalid',
      input: () => ({ KeyId: key.id, GranteePrincipal: rootOf(caller), Operations: ['Encrypt', 'Sign', 'GetPublicKey'] }),
      error: 'ValidationException',
      message: () => `Grant operations [Sign, GetPublicKey] are not valid for ${key.arn}.`,
    },
    {
      name: 'an operation that no grant has is invalid',
      input: () => ({ KeyId: key.id, GranteePrincipal: rootOf(caller), Operations: ['ListGrants'] }),
      error: 'ValidationException',
      message: /'operations' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[/,
    },
    {
      name: 'no operation is invalid',
      input: () => ({ KeyId: key.id, GranteePrincipal: rootOf(caller), Operations: [] }),
      error: 'ValidationException',
      message: /'operations' failed to satisfy constraint/,
    },
    {
      name: 'a grantee that can not be a principal is invalid',
      input: () => ({ KeyId: key.id, GranteePrincipal: 'arn:aws:iam::111122223333:group/all', Operations: ['Encrypt'] }),
      error: 'InvalidArnException',
      message: 'ARN does not refer to a valid principal: arn:aws:iam::111122223333:group/all',
    },
    {
      name: 'a grantee that does not exist is invalid',
      input: () => ({ KeyId: key.id, GranteePrincipal: `arn:aws:iam::${caller.account.accountId}:user/nobody`, Operations: ['Encrypt'] }),
      error: 'InvalidArnException',
      message: () => `ARN does not refer to a valid principal: arn:aws:iam::${caller.account.accountId}:user/nobody`,
    },
    {
      name: 'a retiring principal that does not exist is invalid',
      input: () => ({
        KeyId: key.id,
        GranteePrincipal: rootOf(caller),
        RetiringPrincipal: 'arn:aws:iam::999999999999:root',
        Operations: ['Encrypt'],
      }),
      error: 'InvalidArnException',
      message: 'ARN does not refer to a valid principal: arn:aws:iam::999999999999:root',
    },
    {
      name: 'no grantee is invalid',
      input: () => ({ KeyId: key.id, Operations: ['Encrypt'] }),
      error: 'ValidationException',
      message: 'You must specify GranteePrincipal or GranteeServicePrincipal.',
    },
    {
      name: 'two constraints of the encryption context are invalid',
      input: () => ({
        KeyId: key.id,
        GranteePrincipal: rootOf(caller),
        Operations: ['Encrypt'],
        Constraints: { EncryptionContextEquals: { a: 'b' }, EncryptionContextSubset: { a: 'b' } },
      }),
      error: 'ValidationException',
      message: 'More than one constraint supplied',
    },
    {
      name: 'a service without a source is invalid',
      input: () => ({
        KeyId: key.id,
        GranteeServicePrincipal: 's3.amazonaws.com',
        RetiringPrincipal: rootOf(caller),
        Operations: ['Encrypt'],
      }),
      error: 'ValidationException',
      message: 'A grant to a service principal must have a SourceArn constraint.',
    },
  ]);
});
