import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { importMaterial } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { aFamily, THERE } from '../fixtures/multi-region.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { currentMaterialOf, rotationsOf } from '../fixtures/rotations.ts';
import { makeDue, serviceEvent } from '../fixtures/time.ts';
import { keptToken } from '../fixtures/token-stream.ts';

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

describe('RotateKeyOnDemand', () => {
  test('gives a key new material, which the next request uses; what was encrypted before still decrypts', async () => {
    const own = await aKey(caller);
    const first = await currentMaterialOf(caller, own);
    const old = await encrypted(caller, own, 'old');
    const answer = await caller.ok('RotateKeyOnDemand', { KeyId: own.id });
    expect(answer.body).toEqual({ KeyId: own.arn });
    const made = await caller.ok('GenerateDataKeyWithoutPlaintext', { KeyId: own.id, KeySpec: 'AES_256' });
    const second = String(made.body['KeyMaterialId']);
    expect(second).not.toBe(first);
    expect(await currentMaterialOf(caller, own)).toBe(second);
    expect((await caller.ok('Decrypt', { CiphertextBlob: old })).body).toMatchObject({ KeyMaterialId: first, Plaintext: blob('old') });
    const moved = await caller.ok('ReEncrypt', { CiphertextBlob: old, DestinationKeyId: own.id });
    expect(moved.body).toMatchObject({ SourceKeyMaterialId: first, DestinationKeyMaterialId: second });
    expect((await caller.ok('Decrypt', { CiphertextBlob: moved.body['CiphertextBlob'] })).body['Plaintext']).toBe(blob('old'));
    expect(await keptToken(caller, own.id, second)).toBeDefined();
    await expectRecord(caller, 'RotateKeyOnDemand', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id },
      responseElements: { keyId: own.arn },
    });
    expect(await serviceEvent(caller, 'RotateKey', own.arn)).toMatchObject({
      serviceEventDetails: {
        keyId: own.id,
        keyOrigin: 'AWS_KMS',
        rotationType: 'ON_DEMAND',
        previousKeyMaterialId: first,
        currentKeyMaterialId: second,
      },
    });
  });

  test('leaves the schedule of automatic rotation alone, but does not come too close to it', async () => {
    const own = await aKey(caller);
    await caller.ok('EnableKeyRotation', { KeyId: own.id });
    const before = (await caller.ok('GetKeyRotationStatus', { KeyId: own.id })).body;
    await caller.ok('RotateKeyOnDemand', { KeyId: own.id });
    expect((await caller.ok('GetKeyRotationStatus', { KeyId: own.id })).body).toEqual(before);
    // Due while the key can not rotate: it stays due.
    await caller.ok('DisableKey', { KeyId: own.id });
    await makeDue(caller, 'rotate-key', own.id);
    expect((await caller.kms('RotateKeyOnDemand', { KeyId: own.id })).error).toBe('DisabledException');
  });

  test('twenty-five times and no more; the same request again is the same rotation', async () => {
    const own = await aKey(caller);
    for (let turn = 0; turn < 24; turn++) await caller.ok('RotateKeyOnDemand', { KeyId: own.id });
    const plain = {
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentService.RotateKeyOnDemand',
        'amz-sdk-invocation-id': crypto.randomUUID(),
      },
      body: JSON.stringify({ KeyId: own.id }),
    };
    for (let turn = 0; turn < 2; turn++) {
      expect(await caller.wire.send({ ...plain, headers: await caller.sign(plain) })).toMatchObject({ status: 200 });
    }
    expect(await rotationsOf(caller, own)).toHaveLength(25);
    expect(await caller.kms('RotateKeyOnDemand', { KeyId: own.id })).toMatchObject({
      error: 'LimitExceededException',
      message: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${own.arn}`,
    });
  });

  test('a key of imported material turns to the material that waits', async () => {
    const own = await aKey(caller, { Origin: 'EXTERNAL' });
    const first = await importMaterial(caller, own, randomBytes(32));
    const old = await encrypted(caller, own, 'old');
    expect(await caller.kms('RotateKeyOnDemand', { KeyId: own.id })).toMatchObject({
      error: 'KMSInvalidStateException',
      message: `No available key material pending rotation for the key: ${own.arn}.`,
    });
    const second = await importMaterial(caller, own, randomBytes(32), {
      ImportType: 'NEW_KEY_MATERIAL',
      KeyMaterialDescription: 'second',
    });
    const waiting = await rotationsOf(caller, own, { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
    const imported = { KeyId: own.id, ImportState: 'IMPORTED', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
    expect(waiting).toEqual([
      { ...imported, KeyMaterialId: first, KeyMaterialState: 'CURRENT' },
      { ...imported, KeyMaterialId: second, KeyMaterialState: 'PENDING_ROTATION', KeyMaterialDescription: 'second' },
    ]);
    await caller.ok('RotateKeyOnDemand', { KeyId: own.id });
    const made = await caller.ok('GenerateDataKeyWithoutPlaintext', { KeyId: own.id, KeySpec: 'AES_256' });
    expect(made.body['KeyMaterialId']).toBe(second);
    expect((await caller.ok('Decrypt', { CiphertextBlob: old })).body['KeyMaterialId']).toBe(first);
    expect(await rotationsOf(caller, own)).toMatchObject([
      { KeyMaterialId: second, KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND' },
    ]);
  });

  test('a primary turns with its replicas: they share the material and its history, each is recorded in its Region', async () => {
    using there = new Caller({ region: THERE });
    const { primary, replica } = await aFamily(caller);
    const old = await encrypted(there, replica, 'old');
    const first = await currentMaterialOf(there, replica);
    await caller.ok('EnableKeyRotation', { KeyId: primary.id, RotationPeriodInDays: 90 });
    expect((await there.ok('GetKeyRotationStatus', { KeyId: replica.id })).body).toMatchObject({ KeyRotationEnabled: true });
    await caller.ok('RotateKeyOnDemand', { KeyId: primary.id });
    const second = await currentMaterialOf(caller, primary);
    const made = await there.ok('GenerateDataKeyWithoutPlaintext', { KeyId: replica.id, KeySpec: 'AES_256' });
    expect(made.body['KeyMaterialId']).toBe(second);
    expect((await caller.ok('Decrypt', { CiphertextBlob: made.body['CiphertextBlob'] })).body['KeyId']).toBe(primary.arn);
    expect((await caller.ok('Decrypt', { CiphertextBlob: old, KeyId: primary.id })).body['KeyMaterialId']).toBe(first);
    expect(await keptToken(there, replica.id, second)).toBeDefined();
    expect(await rotationsOf(there, replica)).toEqual(await rotationsOf(caller, primary).then((rows) => rows.map((row) => ({ ...row, RotationDate: expect.any(Number) })))); // prettier-ignore
    for (const [who, key] of [[caller, primary], [there, replica]] as const) expect(await serviceEvent(who, 'RotateKey', key.arn)).toMatchObject({ awsRegion: who.region }); // prettier-ignore
    expect(await there.kms('RotateKeyOnDemand', { KeyId: replica.id })).toMatchObject({
      error: 'UnsupportedOperationException',
      message: `${replica.arn} is not a multi-region primary key.`,
    });
    await caller.ok('UpdatePrimaryRegion', { KeyId: primary.id, PrimaryRegion: THERE });
    await there.ok('RotateKeyOnDemand', { KeyId: replica.id });
    expect(await currentMaterialOf(caller, primary)).toBe(await currentMaterialOf(there, replica));
    expect((await there.ok('GetKeyRotationStatus', { KeyId: replica.id })).body).toMatchObject({ RotationPeriodInDays: 90 });
  });

  testRefusals('RotateKeyOnDemand', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'RotateKeyOnDemand', aliases: false, key: () => key }),
    { name: 'an HMAC key does not rotate', input: () => ({ KeyId: hmac.id }), error: 'UnsupportedOperationException' },
    {
      name: 'a key that waits for material does not rotate',
      input: () => ({ KeyId: external.id }),
      error: 'KMSInvalidStateException',
      message: () => `${external.arn} is pending import.`,
    },
    {
      name: 'a disabled key does not rotate',
      input: () => ({ KeyId: disabled.id }),
      error: 'DisabledException',
      message: () => `${disabled.arn} is disabled.`,
    },
    {
      name: 'a key that is pending deletion does not rotate',
      input: () => ({ KeyId: doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
  ]);
});
