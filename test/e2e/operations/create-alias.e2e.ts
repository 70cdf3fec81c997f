import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
const fresh = (): string => `alias/${randomUUID()}`;
let key: TestKey;
let taken = '';
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  taken = await anAlias(caller, key);
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('CreateAlias', () => {
  test('gives a key a name under which it can be used at once', async () => {
    const AliasName = fresh();
    const answer = await caller.ok('CreateAlias', { AliasName, TargetKeyId: key.arn });
    expect(answer.http.text).toBe('');
    const used = await caller.ok('Encrypt', { KeyId: AliasName, Plaintext: 'AA==' });
    expect(used.body['KeyId']).toBe(key.arn);
    const record = await expectRecord(caller, 'CreateAlias', answer, {
      readOnly: false,
      requestParameters: { aliasName: AliasName, targetKeyId: key.arn },
      responseElements: { keyId: key.arn },
    });
    const aliasArn = `arn:aws:kms:${caller.region}:${caller.account.accountId}:${AliasName}`;
    expect((record['resources'] as { ARN: string }[]).map(({ ARN }) => ARN).sort()).toEqual([aliasArn, key.arn].sort());
  });

  testRefusals('CreateAlias', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'CreateAlias',
      member: 'TargetKeyId',
      more: () => ({ AliasName: fresh() }),
      aliases: false,
      key: () => key,
    }).filter(({ name }) => !name.includes('alias')),
    {
      name: 'a name that is taken stays with its key',
      input: () => ({ AliasName: taken, TargetKeyId: key.id }),
      error: 'AlreadyExistsException',
      message: () => `An alias with the name arn:aws:kms:${caller.region}:${caller.account.accountId}:${taken} already exists`,
    },
    {
      name: 'a name without its prefix is invalid',
      input: () => ({ AliasName: 'orders', TargetKeyId: key.id }),
      error: 'ValidationException',
      message: /^Alias must start with the prefix "alias\/"\./,
    },
    {
      name: 'a name with other characters is invalid',
      input: () => ({ AliasName: 'alias/or ders', TargetKeyId: key.id }),
      error: 'ValidationException',
      message: /regular expression pattern/,
    },
    {
      name: "AWS's own names are reserved",
      input: () => ({ AliasName: 'alias/aws/x', TargetKeyId: key.id }),
      error: 'NotAuthorizedException',
    },
    {
      name: 'an alias of an alias is invalid',
      input: () => ({ AliasName: fresh(), TargetKeyId: taken }),
      error: 'ValidationException',
      message: 'Aliases must refer to keys. Not aliases',
    },
    {
      name: 'a key that is pending deletion gets no new name',
      input: () => ({ AliasName: fresh(), TargetKeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
  ]);
});
