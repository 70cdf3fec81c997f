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

describe('DisableKey', () => {
  test('makes a key unusable at once, and is recorded with the key', async () => {
    const enabled = await aKey(caller);
    for (let times = 0; times < 2; times++) {
      const answer = await caller.ok('DisableKey', { KeyId: enabled.arn });
      expect(answer.http.text).toBe('');
      await expectRecord(caller, 'DisableKey', answer, {
        readOnly: false,
        resources: [enabled.arn],
        requestParameters: { keyId: enabled.arn },
        responseElements: { keyId: enabled.arn },
      });
      expect(await caller.kms('Encrypt', { KeyId: enabled.id, Plaintext: 'AA==' })).toMatchObject({
        error: 'DisabledException',
        message: `${enabled.arn} is disabled.`,
      });
    }
  });

  testRefusals('DisableKey', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'DisableKey', aliases: false, key: () => key }),
    {
      name: 'a key that is pending deletion is left as it is',
      input: () => ({ KeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
  ]);
});
