import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { importMaterial, importOf, metadataOf, parametersFor } from '../fixtures/imports.ts';
import { blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { aPrimary, arnIn, THERE } from '../fixtures/multi-region.ts';
import { connectPostgres } from '../fixtures/postgres.ts';

const here = new Caller();
const there = new Caller({ region: THERE });
let database: pg.Client;
beforeAll(async () => {
  database = await connectPostgres();
});
afterAll(async () => {
  for (const caller of [here, there]) caller[Symbol.dispose]();
  await database.end();
});

interface Family {
  readonly primary: TestKey;
  readonly replica: TestKey;
  readonly material: Buffer;
}

/** A primary with its user's material and a replica that waits for the same. */
async function aFamily(): Promise<Family> {
  const primary = await aPrimary(here, { Origin: 'EXTERNAL' });
  const material = randomBytes(32);
  await importMaterial(here, primary, material);
  await here.ok('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE });
  return { primary, material, replica: { id: primary.id, arn: arnIn(THERE, primary) } };
}

/** The states of a material, by region. */
async function statesOf({ primary }: Family, materialId: string): Promise<Record<string, string>> {
  const { rows } = await database.query<{ region: string; state: string }>(
    'select region, material_state as state from key_metadata.imported_materials where key_id = $1 and material_id = $2',
    [primary.id, materialId],
  );
  return Object.fromEntries(rows.map(({ region, state }) => [region, state]));
}

const both = (state: string) => ({ [here.region]: state, [THERE]: state });
const WAITS_FOR_IMPORT = both('PENDING_MULTI_REGION_IMPORT_AND_ROTATION');
const WAITS_FOR_ROTATION = both('PENDING_ROTATION');

describe('a multi-Region key with imported material', () => {
  test('has a replica without material, until the same is imported there', async () => {
    const { primary, replica, material } = await aFamily();
    const ciphertext = await encrypted(here, primary, 'x');
    expect(await metadataOf(there, replica)).toMatchObject({
      KeyState: 'PendingImport',
      Enabled: false,
      Origin: 'EXTERNAL',
      MultiRegion: true,
    });
    expect(await there.kms('Decrypt', { CiphertextBlob: ciphertext })).toMatchObject({ error: 'KMSInvalidStateException' });
    const parameters = await parametersFor(there, replica);
    expect(await there.kms('ImportKeyMaterial', importOf(replica, parameters, randomBytes(32)))).toMatchObject({
      error: 'IncorrectKeyMaterialException',
    });
    const { body } = await there.ok('ImportKeyMaterial', importOf(replica, parameters, material));
    expect(body['KeyMaterialId']).toBe((await metadataOf(here, primary))['CurrentKeyMaterialId']);
    expect((await there.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('x'));
  });

  test('without material is not replicated', async () => {
    const waiting = await aPrimary(here, { Origin: 'EXTERNAL' });
    expect(await here.kms('ReplicateKey', { KeyId: waiting.id, ReplicaRegion: THERE })).toMatchObject({
      error: 'KMSInvalidStateException',
      message: `${waiting.arn} is pending import.`,
    });
  });

  test('loses it in one Region without losing it in the other, and takes the same back', async () => {
    const { primary, replica, material } = await aFamily();
    await importMaterial(there, replica, material);
    const ciphertext = await encrypted(there, replica, 'x');
    await there.ok('DeleteImportedKeyMaterial', { KeyId: replica.id });
    expect(await metadataOf(there, replica)).toMatchObject({ KeyState: 'PendingImport' });
    expect((await here.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('x'));
    await importMaterial(there, replica, material);
    await here.ok('DeleteImportedKeyMaterial', { KeyId: primary.id });
    expect((await there.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('x'));
  });

  test('takes new material in the primary first; it can be rotated to once every replica has it', async () => {
    const family = await aFamily();
    const { primary, replica, material } = family;
    await importMaterial(there, replica, material);
    const next = randomBytes(32);
    const refused = await there.kms(
      'ImportKeyMaterial',
      importOf(replica, await parametersFor(there, replica), next, { ImportType: 'NEW_KEY_MATERIAL' }),
    );
    expect(refused).toMatchObject({ error: 'UnsupportedOperationException', message: `${replica.arn} is not a multi-region primary key.` });
    const id = await importMaterial(here, primary, next, { ImportType: 'NEW_KEY_MATERIAL' });
    expect(await statesOf(family, id)).toEqual(WAITS_FOR_IMPORT);
    expect(await here.kms('RotateKeyOnDemand', { KeyId: primary.id })).toMatchObject({
      error: 'KMSInvalidStateException',
      message: `No available key material pending rotation for the key: ${primary.arn}.`,
    });
    expect(await importMaterial(there, replica, next, { ImportType: 'EXISTING_KEY_MATERIAL' })).toBe(id);
    expect(await statesOf(family, id)).toEqual(WAITS_FOR_ROTATION);

    // A replica that loses it keeps its name, and has to get it again.
    await there.ok('DeleteImportedKeyMaterial', { KeyId: replica.id, KeyMaterialId: id });
    expect(await statesOf(family, id)).toEqual(WAITS_FOR_IMPORT);
    await importMaterial(there, replica, next);
    expect(await statesOf(family, id)).toEqual(WAITS_FOR_ROTATION);
    expect(await metadataOf(there, replica)).toMatchObject({ KeyState: 'Enabled' });

    // What waits leaves the replicas with the primary.
    await here.ok('DeleteImportedKeyMaterial', { KeyId: primary.id, KeyMaterialId: id });
    expect(await statesOf(family, id)).toEqual({});
    const parameters = await parametersFor(there, replica);
    expect(await there.kms('ImportKeyMaterial', importOf(replica, parameters, next))).toMatchObject({
      error: 'IncorrectKeyMaterialException',
    });
  });

  test('turns to it in every Region at once', async () => {
    const family = await aFamily();
    const { primary, replica, material } = family;
    await importMaterial(there, replica, material);
    const old = await encrypted(there, replica, 'old');
    const next = randomBytes(32);
    const id = await importMaterial(here, primary, next, { ImportType: 'NEW_KEY_MATERIAL' });
    await importMaterial(there, replica, next);
    expect(await there.kms('RotateKeyOnDemand', { KeyId: replica.id })).toMatchObject({
      error: 'UnsupportedOperationException',
      message: `${replica.arn} is not a multi-region primary key.`,
    });
    await here.ok('RotateKeyOnDemand', { KeyId: primary.id });
    expect(await statesOf(family, id)).toEqual(both('CURRENT'));
    const fresh = await encrypted(here, primary, 'fresh');
    expect((await there.ok('Decrypt', { CiphertextBlob: fresh })).body).toMatchObject({ Plaintext: blob('fresh'), KeyMaterialId: id });
    expect((await here.ok('Decrypt', { CiphertextBlob: old })).body['Plaintext']).toBe(blob('old'));
  });
});
