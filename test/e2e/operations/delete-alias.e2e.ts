import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { aKey, anAlias, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
const aliasArn = (name: string): string => `arn:aws:kms:${caller.region}:${caller.account.accountId}:${name}`;
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

describe('DeleteAlias', () => {
  test('takes a name from its key, which stays; the next request does not know the name', async () => {
    const AliasName = await anAlias(caller, key);
    await caller.ok('Encrypt', { KeyId: AliasName, Plaintext: 'AA==' });
    const answer = await caller.ok('DeleteAlias', { AliasName });
    expect(answer.http.text).toBe('');
    expect(await caller.kms('Encrypt', { KeyId: AliasName, Plaintext: 'AA==' })).toMatchObject({
      error: 'NotFoundException',
      message: `Alias ${aliasArn(AliasName)} is not found.`,
    });
    await caller.ok('Encrypt', { KeyId: key.id, Plaintext: 'AA==' });
    await expectRecord(caller, 'DeleteAlias', answer, {
      readOnly: false,
      resources: [key.arn, aliasArn(AliasName)],
      requestParameters: { aliasName: AliasName },
      responseElements: { keyId: key.arn },
    });
    expect((await caller.kms('DeleteAlias', { AliasName })).error).toBe('NotFoundException');
  });

  test('works on the alias of a key that is pending deletion', async () => {
    const own = await aKey(caller);
    const AliasName = await anAlias(caller, own);
    await caller.ok('ScheduleKeyDeletion', { KeyId: own.id });
    await caller.ok('DeleteAlias', { AliasName });
    expect((await caller.ok('ListAliases', { KeyId: own.id })).body['Aliases']).toEqual([]);
  });

  test('a name that was deleted can be given to another key', async () => {
    const AliasName = await anAlias(caller, key);
    await caller.ok('DescribeKey', { KeyId: AliasName });
    await caller.ok('DeleteAlias', { AliasName });
    const other = await aKey(caller);
    await caller.ok('CreateAlias', { AliasName, TargetKeyId: other.id });
    const { body } = await caller.ok('DescribeKey', { KeyId: AliasName });
    expect(body['KeyMetadata']).toMatchObject({ Arn: other.arn });
  });

  test('needs the right to the key too', async () => {
    const own = await aKey(caller);
    const AliasName = await anAlias(caller, own);
    const statement = { Principal: { AWS: `arn:aws:iam::${caller.account.accountId}:root` }, Resource: '*' };
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { ...statement, Effect: 'Allow', Action: 'kms:*' },
        { ...statement, Effect: 'Deny', Action: ['kms:DeleteAlias', 'kms:UpdateAlias'] },
      ],
    });
    await caller.ok('PutKeyPolicy', { KeyId: own.id, Policy });
    const refused = await caller.kms('DeleteAlias', { AliasName });
    expect(refused.error).toBe('AccessDeniedException');
    expect(refused.message).toContain(`kms:DeleteAlias on resource: ${own.arn}`);
    const other = await aKey(caller);
    const moved = await caller.kms('UpdateAlias', { AliasName, TargetKeyId: other.id });
    expect(moved.message).toContain(`kms:UpdateAlias on resource: ${own.arn}`);
  });

  testRefusals('DeleteAlias', false, () => caller, [
    {
      name: 'an unknown name is not found',
      input: () => ({ AliasName: 'alias/unknown' }),
      error: 'NotFoundException',
      message: () => `Alias ${aliasArn('alias/unknown')} is not found.`,
    },
    {
      name: 'a name without its prefix is invalid',
      input: () => ({ AliasName: 'orders' }),
      error: 'ValidationException',
      message: /^Alias must start with the prefix "alias\/"\./,
    },
    { name: "AWS's own names are reserved", input: () => ({ AliasName: 'alias/aws/x' }), error: 'NotAuthorizedException' },
    {
      name: 'a missing name is invalid',
      input: () => ({}),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'aliasName' failed to satisfy constraint: Member must not be null",
    },
  ]);
});
