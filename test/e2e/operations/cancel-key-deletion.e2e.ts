import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, encrypted, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

describe('CancelKeyDeletion', () => {
  test('gives the key back disabled; enabled again it opens what it closed before', async () => {
    const own = await aKey(caller);
    const ciphertext = await encrypted(caller, own, 'kept');
    await caller.ok('ScheduleKeyDeletion', { KeyId: own.id, PendingWindowInDays: 7 });
    const answer = await caller.ok('CancelKeyDeletion', { KeyId: own.id });
    expect(answer.body).toEqual({ KeyId: own.arn });
    const { body } = await caller.ok('DescribeKey', { KeyId: own.id });
    expect(body['KeyMetadata']).toMatchObject({ KeyState: 'Disabled', Enabled: false });
    expect(body['KeyMetadata']).not.toHaveProperty('DeletionDate');
    await caller.ok('EnableKey', { KeyId: own.id });
    const opened = await caller.ok('Decrypt', { CiphertextBlob: ciphertext });
    expect(Buffer.from(String(opened.body['Plaintext']), 'base64').toString()).toBe('kept');
    await expectRecord(caller, 'CancelKeyDeletion', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id },
      responseElements: { keyId: own.arn },
    });
  });

  testRefusals('CancelKeyDeletion', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'CancelKeyDeletion', aliases: false, key: () => key }),
    {
      name: 'a key that is not pending deletion is left as it is',
      input: () => ({ KeyId: key.id }),
      error: 'KMSInvalidStateException',
      message: () => `${key.arn} is not pending deletion.`,
    },
  ]);
});
