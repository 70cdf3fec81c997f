import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

describe('GetKeyPolicy', () => {
  test("gives the default policy: the account's own IAM decides", async () => {
    const answer = await caller.ok('GetKeyPolicy', { KeyId: key.id });
    expect(answer.body['PolicyName']).toBe('default');
    expect(JSON.parse(String(answer.body['Policy']))).toEqual({
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${caller.account.accountId}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
    await expectRecord(caller, 'GetKeyPolicy', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id },
      responseElements: null,
    });
  });

  test('gives back the policy that the key was made with, byte for byte', async () => {
    const Policy = `{ "Version": "2012-10-17",  "Statement": [{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${caller.account.accountId}:root"},"Action":"kms:*","Resource":"*"}] }`;
    const own = await aKey(caller, { Policy });
    const { body } = await caller.ok('GetKeyPolicy', { KeyId: own.arn, PolicyName: 'default' });
    expect(body).toEqual({ Policy, PolicyName: 'default' });
  });

  testRefusals('GetKeyPolicy', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GetKeyPolicy', aliases: false, key: () => key }),
    {
      name: 'another name than default is not found',
      input: () => ({ KeyId: key.id, PolicyName: 'other' }),
      error: 'NotFoundException',
      message: 'No such policy exists',
    },
  ]);
});
