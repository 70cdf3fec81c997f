import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

describe('DescribeKey', () => {
  test('finds a key by id, ARN, alias and alias ARN, and records the key', async () => {
    const alias = await anAlias(caller, key);
    const aliasArn = `arn:aws:kms:${caller.region}:${caller.account.accountId}:${alias}`;
    for (const reference of [key.id, key.arn, alias, aliasArn]) {
      const answer = await caller.ok('DescribeKey', { KeyId: reference });
      expect(answer.body['KeyMetadata']).toMatchObject({ KeyId: key.id, Arn: key.arn, KeyState: 'Enabled' });
      await expectRecord(caller, 'DescribeKey', answer, {
        readOnly: true,
        resources: reference.includes('alias/') ? [key.arn, aliasArn] : [key.arn],
        requestParameters: { keyId: reference },
        responseElements: null,
      });
    }
  });

  test('tells when a key will be deleted', async () => {
    const doomed = await aKey(caller, { state: 'PendingDeletion' });
    const { body } = await caller.ok('DescribeKey', { KeyId: doomed.id });
    expect(body['KeyMetadata']).toMatchObject({ KeyState: 'PendingDeletion', Enabled: false, DeletionDate: expect.any(Number) });
  });

  testRefusals(
    'DescribeKey',
    true,
    () => caller,
    keyRefusals({ caller: () => caller, action: 'DescribeKey', aliases: true, key: () => key }),
  );
});
