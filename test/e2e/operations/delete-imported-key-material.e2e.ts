import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importMaterial, metadataOf } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let own: TestKey;
beforeAll(async () => {
  key = await anImportKey(caller);
  own = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

describe('DeleteImportedKeyMaterial', () => {
  test('takes the material from its key, which waits for it again', async () => {
    const mine = await anImportKey(caller);
    const id = await importMaterial(caller, mine, randomBytes(32));
    const answer = await caller.ok('DeleteImportedKeyMaterial', { KeyId: mine.id });
    expect(answer.body).toEqual({ KeyId: mine.arn, KeyMaterialId: id });
    const refused = await caller.kms('Encrypt', { KeyId: mine.id, Plaintext: blob('x') });
    expect(refused).toMatchObject({ error: 'KMSInvalidStateException', message: `${mine.arn} is pending import.` });
    const metadata = await metadataOf(caller, mine);
    expect(metadata).toMatchObject({ KeyState: 'PendingImport', Enabled: false });
    expect(metadata).not.toHaveProperty('ExpirationModel');
    await expectRecord(caller, 'DeleteImportedKeyMaterial', answer, {
      readOnly: false,
      resources: [mine.arn],
      requestParameters: { keyId: mine.id },
      responseElements: { keyId: mine.arn, keyMaterialId: id },
    });
    for (const operation of ['EnableKey', 'DisableKey']) {
      expect(await caller.kms(operation, { KeyId: mine.id })).toMatchObject({
        error: 'KMSInvalidStateException',
        message: `${mine.arn} is pending import.`,
      });
    }
  });

  test('of a key that waits for material it succeeds and changes nothing', async () => {
    const answer = await caller.ok('DeleteImportedKeyMaterial', { KeyId: key.id });
    expect(answer.body).toEqual({ KeyId: key.arn });
    expect((await metadataOf(caller, key))['KeyState']).toBe('PendingImport');
  });

  test('of a key that is pending deletion it leaves the state, and cancelling gives a key that waits for material', async () => {
    const mine = await anImportKey(caller);
    const bytes = randomBytes(32);
    await importMaterial(caller, mine, bytes);
    await caller.ok('ScheduleKeyDeletion', { KeyId: mine.id, PendingWindowInDays: 7 });
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: mine.id });
    expect((await metadataOf(caller, mine))['KeyState']).toBe('PendingDeletion');
    await caller.ok('CancelKeyDeletion', { KeyId: mine.id });
    expect((await metadataOf(caller, mine))['KeyState']).toBe('PendingImport');
    await importMaterial(caller, mine, bytes);
    await caller.ok('ScheduleKeyDeletion', { KeyId: mine.id, PendingWindowInDays: 7 });
    await caller.ok('CancelKeyDeletion', { KeyId: mine.id });
    expect((await metadataOf(caller, mine))['KeyState']).toBe('Disabled');
  });

  testRefusals('DeleteImportedKeyMaterial', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'DeleteImportedKeyMaterial', aliases: false, key: () => key }),
    {
      name: 'a key with material of its own keeps it',
      input: () => ({ KeyId: own.id }),
      error: 'UnsupportedOperationException',
      message: () => `${own.arn} origin is AWS_KMS which is not valid for this operation.`,
    },
    {
      name: 'material that the key never had is not found',
      input: () => ({ KeyId: key.id, KeyMaterialId: 'c'.repeat(64) }),
      error: 'NotFoundException',
      message: () => `Key material ${'c'.repeat(64)} is not associated with KMS key ${key.arn}.`,
    },
  ]);
});
