import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('UpdateKeyDescription', () => {
  test.each([{ description: 'payments' }, { description: '' }])('gives a key the description "$description"', async ({ description }) => {
    const answer = await caller.ok('UpdateKeyDescription', { KeyId: key.id, Description: description });
    expect(answer.http.text).toBe('');
    const { body } = await caller.ok('DescribeKey', { KeyId: key.id });
    expect(body['KeyMetadata']).toMatchObject({ Description: description });
    await expectRecord(caller, 'UpdateKeyDescription', answer, {
      readOnly: false,
      resources: [key.arn],
      requestParameters: { keyId: key.id, description },
      responseElements: { keyId: key.arn },
    });
  });

  testRefusals('UpdateKeyDescription', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'UpdateKeyDescription',
      more: () => ({ Description: 'x' }),
      aliases: false,
      key: () => key,
    }),
    {
      name: 'a key that is pending deletion keeps its description',
      input: () => ({ KeyId: doomed.id, Description: 'x' }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'a description that is too long is invalid',
      input: () => ({ KeyId: key.id, Description: 'x'.repeat(8193) }),
      error: 'ValidationException',
      message: /at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192$/,
    },
    {
      name: 'a missing description is invalid',
      input: () => ({ KeyId: key.id }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'description' failed to satisfy constraint: Member must not be null",
    },
  ]);
});
