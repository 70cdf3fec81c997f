import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let external: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  external = await aKey(caller, { Origin: 'EXTERNAL' });
});
afterAll(() => caller[Symbol.dispose]());

const statusOf = async (KeyId: string) => (await caller.ok('GetKeyRotationStatus', { KeyId })).body;

describe('GetKeyRotationStatus', () => {
  test('of a key that does not rotate tells no more than that', async () => {
    const answer = await caller.ok('GetKeyRotationStatus', { KeyId: key.arn });
    expect(answer.body).toEqual({ KeyId: key.id, KeyRotationEnabled: false });
    await expectRecord(caller, 'GetKeyRotationStatus', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.arn },
      responseElements: null,
    });
  });

  test('of a key that can not rotate is no error, if its material is the service’s own', async () => {
    const hmac = await aKey(caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    expect(await statusOf(hmac.id)).toEqual({ KeyId: hmac.id, KeyRotationEnabled: false });
  });

  test('reads off while a key is pending deletion, and on again when that is cancelled', async () => {
    const own = await aKey(caller);
    await caller.ok('EnableKeyRotation', { KeyId: own.id, RotationPeriodInDays: 120 });
    const before = await statusOf(own.id);
    await caller.ok('ScheduleKeyDeletion', { KeyId: own.id });
    expect(await statusOf(own.id)).toEqual({ KeyId: own.id, KeyRotationEnabled: false });
    await caller.ok('CancelKeyDeletion', { KeyId: own.id });
    expect(await statusOf(own.id)).toEqual(before);
  });

  testRefusals('GetKeyRotationStatus', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GetKeyRotationStatus', aliases: false, key: () => key }),
    {
      name: 'a key that waits for imported material has none',
      input: () => ({ KeyId: external.id }),
      error: 'UnsupportedOperationException',
      message: () => `${external.arn} origin is EXTERNAL which is not valid for this operation.`,
    },
  ]);
});
