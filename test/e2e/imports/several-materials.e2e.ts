import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importMaterial, metadataOf } from '../fixtures/imports.ts';
import { blob, encrypted, type TestKey } from '../fixtures/keys.ts';

const caller = new Caller();
afterAll(() => caller[Symbol.dispose]());

const NEW = { ImportType: 'NEW_KEY_MATERIAL' };
const HOUR_S = 3600;
const inHours = (hours: number): number => Math.floor(Date.now() / 1000) + hours * HOUR_S;

describe('a key with several imported materials', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  let key: TestKey;
  let ids: { readonly older: string; readonly newer: string };
  let ciphertexts: { readonly older: string; readonly newer: string };
  beforeAll(async () => {
    key = await anImportKey(caller);
    const first = await importMaterial(caller, key, older, { KeyMaterialDescription: 'the older' });
    const before = await encrypted(caller, key, 'before');
    const second = await importMaterial(caller, key, newer, NEW);
    await caller.ok('RotateKeyOnDemand', { KeyId: key.id });
    ids = { older: first, newer: second };
    ciphertexts = { older: before, newer: await encrypted(caller, key, 'after') };
  }, 120_000);

  const state = async (): Promise<unknown> => (await metadataOf(caller, key))['KeyState'];
  const materials = async (): Promise<unknown> =>
    (await caller.ok('ListKeyRotations', { KeyId: key.id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).body['Rotations'];
  const expectToDecrypt = async (): Promise<void> => {
    for (const [name, plaintext] of [['older', 'before'] as const, ['newer', 'after'] as const]) {
      const { body } = await caller.ok('Decrypt', { KeyId: key.id, CiphertextBlob: ciphertexts[name] });
      expect([body['Plaintext'], body['KeyMaterialId']]).toEqual([blob(plaintext), ids[name]]);
    }
  };

  test('encrypts with the one it was rotated to and decrypts with each', async () => {
    expect((await metadataOf(caller, key))['CurrentKeyMaterialId']).toBe(ids.newer);
    await expectToDecrypt();
    expect(await materials()).toMatchObject([
      { KeyMaterialId: ids.older, KeyMaterialState: 'NON_CURRENT', ImportState: 'IMPORTED', KeyMaterialDescription: 'the older' },
      { KeyMaterialId: ids.newer, KeyMaterialState: 'CURRENT', ImportState: 'IMPORTED', RotationType: 'ON_DEMAND' },
    ]);
  });

  test('is unusable without any of them, and usable again when the last has come back', async () => {
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: key.id, KeyMaterialId: ids.older });
    expect(await state()).toBe('PendingImport');
    const refused = await caller.kms('Decrypt', { KeyId: key.id, CiphertextBlob: ciphertexts.newer });
    expect(refused).toMatchObject({ error: 'KMSInvalidStateException', message: `${key.arn} is pending import.` });
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: key.id });
    expect(await materials()).toMatchObject([
      { KeyMaterialId: ids.older, ImportState: 'PENDING_IMPORT' },
      { KeyMaterialId: ids.newer, ImportState: 'PENDING_IMPORT' },
    ]);
    expect(await importMaterial(caller, key, older)).toBe(ids.older);
    expect(await state()).toBe('PendingImport');
    expect(await importMaterial(caller, key, newer)).toBe(ids.newer);
    expect(await state()).toBe('Enabled');
    expect((await metadataOf(caller, key))['CurrentKeyMaterialId']).toBe(ids.newer);
    await expectToDecrypt();
  });

  test('shows the earliest end of what belongs to it, not of what waits', async () => {
    const [soon, later, sooner] = [inHours(2), inHours(5), inHours(1)];
    await importMaterial(caller, key, older, { ValidTo: soon });
    await importMaterial(caller, key, newer, { ValidTo: later });
    const pending = await importMaterial(caller, key, randomBytes(32), { ...NEW, ValidTo: sooner });
    expect(await metadataOf(caller, key)).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: soon });
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: key.id, KeyMaterialId: pending });
    expect(await state()).toBe('Enabled');
  });

  test('has no place for material of another key, whatever its import says', async () => {
    for (const more of [{}, { ImportType: 'EXISTING_KEY_MATERIAL' }, { KeyMaterialId: ids.older }]) {
      await expect(importMaterial(caller, key, randomBytes(32), more)).rejects.toThrow(/IncorrectKeyMaterialException/);
    }
    await expect(importMaterial(caller, key, newer, NEW)).rejects.toThrow(/IncorrectKeyMaterialException/);
    await expect(importMaterial(caller, key, newer, { KeyMaterialId: ids.older })).rejects.toThrow(/IncorrectKeyMaterialException/);
  });
});

describe('an HMAC key', () => {
  test('keeps its first material for ever, and is not told what symmetric keys alone are told', async () => {
    const key = await anImportKey(caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const material = randomBytes(32);
    const id = await importMaterial(caller, key, material);
    const mac = async (): Promise<unknown> =>
      (await caller.ok('GenerateMac', { KeyId: key.id, Message: blob('m'), MacAlgorithm: 'HMAC_SHA_256' })).body['Mac'];
    const before = await mac();
    await expect(importMaterial(caller, key, randomBytes(32))).rejects.toThrow(/IncorrectKeyMaterialException/);
    for (const more of [NEW, { KeyMaterialDescription: 'd' }, { KeyMaterialId: id }]) {
      await expect(importMaterial(caller, key, material, more)).rejects.toThrow(/is only supported for symmetric encryption KMS keys/);
    }
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: key.id });
    expect(await importMaterial(caller, key, material)).toBe(id);
    expect(await mac()).toBe(before);
  });
});
