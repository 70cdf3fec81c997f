import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importMaterial, metadataOf } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, type TestKey } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { keptToken } from '../fixtures/token-stream.ts';

const SHREDDED_MS = 20_000;
const caller = new Caller();
let database: pg.Client;
let key: TestKey;
let own: TestKey;
beforeAll(async () => {
  database = await connectPostgres();
  key = await anImportKey(caller);
  own = await aKey(caller);
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await database.end();
});

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

  test('what is deleted is in neither store, and its name stays', async () => {
    const mine = await anImportKey(caller);
    const bytes = randomBytes(32);
    const id = await importMaterial(caller, mine, bytes);
    const isKept = async () => (await keptToken(caller, mine.id, id)) !== undefined;
    expect(await isKept()).toBe(true);
    await caller.ok('DeleteImportedKeyMaterial', { KeyId: mine.id });
    await waitUntil('the second copy to be shredded', SHREDDED_MS, async () => ((await isKept()) ? 'still there' : true));
    const count = async (table: string): Promise<unknown> =>
      (await database.query(`select from key_metadata.${table} where key_id = $1`, [mine.id])).rowCount;
    expect([await count('materials'), await count('graveyard'), await count('imported_materials')]).toEqual([0, 0, 1]);
    expect(await importMaterial(caller, mine, bytes)).toBe(id);
    expect(await isKept()).toBe(true);
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
