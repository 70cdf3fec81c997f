import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { currentMaterialOf, rotationsOf } from '../fixtures/rotations.ts';
import { makeDue, serviceEvent } from '../fixtures/time.ts';

const caller = new Caller();
let key: TestKey;
let hmac: TestKey;
let external: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  hmac = await aKey(caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  external = await aKey(caller, { Origin: 'EXTERNAL' });
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

const DAY_S = 86_400;
const ROTATED_MS = 20_000;

async function statusOf({ id }: TestKey) {
  return (await caller.ok('GetKeyRotationStatus', { KeyId: id })).body;
}
async function rotated(own: TestKey, from: string): Promise<string> {
  await waitUntil(`${own.id} to rotate`, ROTATED_MS, async () => (await currentMaterialOf(caller, own)) !== from || 'not yet');
  return currentMaterialOf(caller, own);
}

describe('EnableKeyRotation', () => {
  test.each([
    { days: undefined, period: 365 },
    { days: 90, period: 90 },
    { days: 2560, period: 2560 },
  ])('a key rotates after $period days when the request says $days', async ({ days, period }) => {
    const own = await aKey(caller);
    const input = { KeyId: own.id, ...(days === undefined ? {} : { RotationPeriodInDays: days }) };
    const before = Date.now() / 1000;
    const answer = await caller.ok('EnableKeyRotation', input);
    expect(answer.http.text).toBe('');
    const status = await statusOf(own);
    expect(status).toEqual({
      KeyId: own.id,
      KeyRotationEnabled: true,
      RotationPeriodInDays: period,
      NextRotationDate: expect.any(Number),
    });
    expect(Math.abs(Number(status['NextRotationDate']) - before - period * DAY_S)).toBeLessThan(60);
    await expectRecord(caller, 'EnableKeyRotation', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id, ...(days === undefined ? {} : { rotationPeriodInDays: days }) },
      responseElements: { keyId: own.arn },
    });
  });

  test('the same period again keeps the date, another one counts from now', async () => {
    const own = await aKey(caller);
    await caller.ok('EnableKeyRotation', { KeyId: own.id });
    const first = await statusOf(own);
    await caller.ok('EnableKeyRotation', { KeyId: own.id });
    expect(await statusOf(own)).toEqual(first);
    await caller.ok('EnableKeyRotation', { KeyId: own.id, RotationPeriodInDays: 100 });
    const second = await statusOf(own);
    expect(second['RotationPeriodInDays']).toBe(100);
    expect(Number(second['NextRotationDate'])).toBeLessThan(Number(first['NextRotationDate']) - 200 * DAY_S);
  });

  test('when its time has come the key rotates by itself: new material encrypts, the old one decrypts, the trail says so', async () => {
    const own = await aKey(caller);
    const first = await currentMaterialOf(caller, own);
    const old = await encrypted(caller, own, 'old');
    await caller.ok('EnableKeyRotation', { KeyId: own.id, RotationPeriodInDays: 90 });
    await makeDue(caller, 'rotate-key', own.id);
    const second = await rotated(own, first);
    const made = await caller.ok('GenerateDataKey', { KeyId: own.id, KeySpec: 'AES_256' });
    expect(made.body['KeyMaterialId']).toBe(second);
    expect((await caller.ok('Decrypt', { CiphertextBlob: made.body['CiphertextBlob'] })).body['KeyMaterialId']).toBe(second);
    expect((await caller.ok('Decrypt', { CiphertextBlob: old })).body).toMatchObject({ KeyMaterialId: first, Plaintext: blob('old') });
    expect(await rotationsOf(caller, own)).toEqual([
      {
        KeyId: own.id,
        KeyMaterialId: second,
        KeyMaterialState: 'CURRENT',
        RotationDate: expect.any(Number),
        RotationType: 'AUTOMATIC',
      },
    ]);
    const next = Number((await statusOf(own))['NextRotationDate']);
    expect(Math.abs(next - Date.now() / 1000 - 90 * DAY_S)).toBeLessThan(120);
    expect(await serviceEvent(caller, 'RotateKey', own.arn)).toMatchObject({
      eventType: 'AwsServiceEvent',
      userIdentity: { accountId: caller.account.accountId, invokedBy: 'AWS Internal' },
      requestParameters: null,
      responseElements: null,
      recipientAccountId: caller.account.accountId,
      serviceEventDetails: {
        keyId: own.id,
        keyOrigin: 'AWS_KMS',
        rotationType: 'AUTOMATIC',
        previousKeyMaterialId: first,
        currentKeyMaterialId: second,
      },
    });
  });

  test('a key that is disabled when its time comes rotates when it is enabled again', async () => {
    const own = await aKey(caller);
    const watched = await aKey(caller);
    const [first, watchedFirst] = [await currentMaterialOf(caller, own), await currentMaterialOf(caller, watched)];
    for (const { id } of [own, watched]) await caller.ok('EnableKeyRotation', { KeyId: id });
    await caller.ok('DisableKey', { KeyId: own.id });
    expect((await statusOf(own))['KeyRotationEnabled']).toBe(true);
    await makeDue(caller, 'rotate-key', own.id);
    await makeDue(caller, 'rotate-key', watched.id);
    // What is due is done in its order: when the second has turned, the first has been looked at.
    await rotated(watched, watchedFirst);
    expect(await currentMaterialOf(caller, own)).toBe(first);
    await caller.ok('EnableKey', { KeyId: own.id });
    await rotated(own, first);
  });

  testRefusals('EnableKeyRotation', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'EnableKeyRotation', aliases: false, key: () => key }),
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
    { name: 'an HMAC key does not rotate', input: () => ({ KeyId: hmac.id }), error: 'UnsupportedOperationException' },
    {
      name: 'a key of imported material does not rotate by itself',
      input: () => ({ KeyId: external.id }),
      error: 'UnsupportedOperationException',
      message: () => `${external.arn} origin is EXTERNAL which is not valid for this operation.`,
    },
    {
      name: 'less than ninety days are too few',
      input: () => ({ KeyId: key.id, RotationPeriodInDays: 89 }),
      error: 'ValidationException',
      message: /at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value greater than or equal to 90$/,
    },
    {
      name: 'more than 2,560 days are too many',
      input: () => ({ KeyId: key.id, RotationPeriodInDays: 2561 }),
      error: 'ValidationException',
      message: /at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value less than or equal to 2560$/,
    },
  ]);
});
