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

describe('EnableKey', () => {
  test('makes a disabled key usable again, and an enabled one stay so', async () => {
    const disabled = await aKey(caller, { state: 'Disabled' });
    for (let times = 0; times < 2; times++) {
      const answer = await caller.ok('EnableKey', { KeyId: disabled.id });
      expect(answer.http.text).toBe('');
      await expectRecord(caller, 'EnableKey', answer, {
        readOnly: false,
        resources: [disabled.arn],
        requestParameters: { keyId: disabled.id },
        responseElements: { keyId: disabled.arn },
      });
      expect((await caller.kms('Encrypt', { KeyId: disabled.id, Plaintext: 'AA==' })).status).toBe(200);
    }
  });

  testRefusals('EnableKey', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'EnableKey', aliases: false, key: () => key }),
    {
      name: 'a key that is pending deletion is left as it is',
      input: () => ({ KeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
  ]);
});
