import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('DisableKeyRotation', () => {
  test('turns automatic rotation off; once more is no error', async () => {
    await caller.ok('EnableKeyRotation', { KeyId: key.id });
    const answer = await caller.ok('DisableKeyRotation', { KeyId: key.id });
    expect(answer.http.text).toBe('');
    expect((await caller.ok('GetKeyRotationStatus', { KeyId: key.id })).body).toEqual({ KeyId: key.id, KeyRotationEnabled: false });
    await caller.ok('DisableKeyRotation', { KeyId: key.id });
    await expectRecord(caller, 'DisableKeyRotation', answer, {
      readOnly: false,
      resources: [key.arn],
      requestParameters: { keyId: key.id },
      responseElements: { keyId: key.arn },
    });
  });

  testRefusals('DisableKeyRotation', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'DisableKeyRotation', aliases: false, key: () => key }),
    {
      name: 'a disabled key is not switched',
      input: () => ({ KeyId: disabled.id }),
      error: 'DisabledException',
      message: () => `${disabled.arn} is disabled.`,
    },
    {
      name: 'a key that is pending deletion is not switched',
      input: () => ({ KeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
  ]);
});
