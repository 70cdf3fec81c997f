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

const DAY_S = 86_400;

describe('ScheduleKeyDeletion', () => {
  test.each([
    { name: 'thirty days when none are named', days: undefined, expected: 30 },
    { name: 'the days that are named', days: 7, expected: 7 },
  ])('waits $name, during which the key can not be used', async ({ days, expected }) => {
    const own = await aKey(caller);
    const before = Date.now() / 1000;
    const input = { KeyId: own.id, ...(days === undefined ? {} : { PendingWindowInDays: days }) };
    const answer = await caller.ok('ScheduleKeyDeletion', input);
    expect(answer.body).toEqual({
      KeyId: own.arn,
      DeletionDate: expect.any(Number),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: expected,
    });
    const waits = Number(answer.body['DeletionDate']) - before;
    expect(waits).toBeGreaterThan(expected * DAY_S - 60);
    expect(waits).toBeLessThan(expected * DAY_S + 60);
    expect(await caller.kms('Encrypt', { KeyId: own.id, Plaintext: 'AA==' })).toMatchObject({
      error: 'KMSInvalidStateException',
      message: `${own.arn} is pending deletion.`,
    });
    await expectRecord(caller, 'ScheduleKeyDeletion', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id, ...(days === undefined ? {} : { pendingWindowInDays: days }) },
      responseElements: { keyId: own.arn, keyState: 'PendingDeletion', pendingWindowInDays: expected },
    });
  });

  testRefusals('ScheduleKeyDeletion', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'ScheduleKeyDeletion', aliases: false, key: () => key }),
    {
      name: 'a key that is pending deletion keeps its date',
      input: () => ({ KeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'less than a week is too short',
      input: () => ({ KeyId: key.id, PendingWindowInDays: 6 }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value '6' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 7",
    },
    {
      name: 'more than thirty days are too long',
      input: () => ({ KeyId: key.id, PendingWindowInDays: 31 }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value '31' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value less than or equal to 30",
    },
  ]);
});
