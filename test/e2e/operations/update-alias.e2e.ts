import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
const aliasArn = (name: string): string => `arn:aws:kms:${caller.region}:${caller.account.accountId}:${name}`;
let key: TestKey;
let other: TestKey;
let doomed: TestKey;
let AliasName = '';
beforeAll(async () => {
  [key, other, doomed] = [await aKey(caller), await aKey(caller), await aKey(caller, { state: 'PendingDeletion' })];
  AliasName = await anAlias(caller, key);
});
afterAll(() => caller[Symbol.dispose]());

interface Entry {
  readonly AliasName: string;
  readonly TargetKeyId: string;
  readonly CreationDate: number;
  readonly LastUpdatedDate: number;
}
async function entryOf(name: string, of: TestKey): Promise<Entry | undefined> {
  const { body } = await caller.ok('ListAliases', { KeyId: of.id });
  return (body['Aliases'] as Entry[]).find((entry) => entry.AliasName === name);
}

describe('UpdateAlias', () => {
  test('points a name at another key; the next request by that name uses it, and what was encrypted still decrypts', async () => {
    const name = await anAlias(caller, key);
    const before = await encrypted(caller, { id: name, arn: '' }, 'old');
    const answer = await caller.ok('UpdateAlias', { AliasName: name, TargetKeyId: other.arn });
    expect(answer.http.text).toBe('');
    expect((await caller.ok('Encrypt', { KeyId: name, Plaintext: 'AA==' })).body['KeyId']).toBe(other.arn);
    expect((await caller.ok('Decrypt', { CiphertextBlob: before })).body).toMatchObject({ KeyId: key.arn, Plaintext: blob('old') });
    expect(await entryOf(name, key)).toBeUndefined();
    const entry = await entryOf(name, other);
    expect(entry?.LastUpdatedDate).toBeGreaterThan(entry?.CreationDate ?? Infinity);
    const record = await expectRecord(caller, 'UpdateAlias', answer, {
      readOnly: false,
      requestParameters: { aliasName: name, targetKeyId: other.arn },
      responseElements: { keyId: other.arn },
    });
    expect((record['resources'] as { ARN: string }[]).map(({ ARN }) => ARN)).toEqual([other.arn, key.arn, aliasArn(name)]);
  });

  test('to the key that it names already, is no error', async () => {
    await caller.ok('UpdateAlias', { AliasName, TargetKeyId: key.id });
    expect(await entryOf(AliasName, key)).toMatchObject({ TargetKeyId: key.id });
  });

  test.each([
    ['an HMAC key', {}, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }],
    ['an asymmetric key', {}, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
    [
      'a key of another usage',
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
    ],
  ])('to %s, is refused and changes nothing', async (_kind, present, next) => {
    const [own, other] = [await aKey(caller, present), await aKey(caller, next)];
    const name = await anAlias(caller, own);
    expect(await caller.kms('UpdateAlias', { AliasName: name, TargetKeyId: other.id })).toMatchObject({
      error: 'ValidationException',
      message: 'The current and the new KMS key must be of the same type and have the same key usage.',
    });
    expect(await entryOf(name, own)).toMatchObject({ TargetKeyId: own.id });
  });

  test('takes a name from a key that is pending deletion', async () => {
    const own = await aKey(caller);
    const name = await anAlias(caller, own);
    await caller.ok('ScheduleKeyDeletion', { KeyId: own.id });
    await caller.ok('UpdateAlias', { AliasName: name, TargetKeyId: key.id });
    expect((await caller.ok('DescribeKey', { KeyId: name })).body['KeyMetadata']).toMatchObject({ Arn: key.arn });
  });

  test('fifty names are the most that a key can have', async () => {
    const [full, spare] = [await aKey(caller), await aKey(caller)];
    await Promise.all(Array.from({ length: 50 }, () => anAlias(caller, full)));
    const name = await anAlias(caller, spare);
    for (const refused of [
      await caller.kms('UpdateAlias', { AliasName: name, TargetKeyId: full.id }),
      await caller.kms('CreateAlias', { AliasName: `${name}-2`, TargetKeyId: full.id }),
    ]) {
      expect(refused).toMatchObject({ error: 'LimitExceededException', message: 'The key already has 50 aliases.' });
    }
  });

  testRefusals('UpdateAlias', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'UpdateAlias',
      member: 'TargetKeyId',
      more: () => ({ AliasName }),
      aliases: false,
      key: () => key,
    }).filter(({ name }) => !name.includes('alias')),
    {
      name: 'an unknown name is not found',
      input: () => ({ AliasName: 'alias/unknown', TargetKeyId: key.id }),
      error: 'NotFoundException',
      message: () => `Alias ${aliasArn('alias/unknown')} is not found.`,
    },
    {
      name: 'a name without its prefix is invalid',
      input: () => ({ AliasName: 'orders', TargetKeyId: key.id }),
      error: 'ValidationException',
      message: /^Alias must start with the prefix "alias\/"\./,
    },
    {
      name: "AWS's own names are reserved",
      input: () => ({ AliasName: 'alias/aws/x', TargetKeyId: key.id }),
      error: 'NotAuthorizedException',
    },
    {
      name: 'an alias of an alias is invalid',
      input: () => ({ AliasName, TargetKeyId: AliasName }),
      error: 'ValidationException',
      message: 'Aliases must refer to keys. Not aliases',
    },
    {
      name: 'a key that is pending deletion gets no new name',
      input: () => ({ AliasName, TargetKeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
  ]);
});
