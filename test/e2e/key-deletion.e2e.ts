import { afterAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { Caller } from './fixtures/caller.ts';
import { aKey, anAlias, encrypted, type TestKey } from './fixtures/keys.ts';
import { connectPostgres } from './fixtures/postgres.ts';
import { currentMaterialOf } from './fixtures/rotations.ts';
import { makeDue, serviceEvent } from './fixtures/time.ts';
import { keptToken } from './fixtures/token-stream.ts';

const caller = new Caller();
afterAll(() => caller[Symbol.dispose]());

const SWEPT_MS = 20_000;

async function storedMaterials({ id }: TestKey): Promise<{ materials: number; graveyard: number }> {
  const database = await connectPostgres();
  try {
    const { rows } = await database.query<{ materials: number; graveyard: number }>(
      `select (select count(*) from key_metadata.materials where key_id = $1)::int as materials,
         (select count(*) from key_metadata.graveyard where key_id = $1)::int as graveyard`,
      [id],
    );
    return rows[0] ?? { materials: -1, graveyard: -1 };
  } finally {
    await database.end();
  }
}

describe('the end of a key', () => {
  test('when the waiting time is over the key is gone with all that hung on it, a day later its material too, and both are recorded', async () => {
    const key = await aKey(caller, { Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    const alias = await anAlias(caller, key);
    const first = await currentMaterialOf(caller, key);
    await caller.ok('EnableKeyRotation', { KeyId: key.id });
    await caller.ok('RotateKeyOnDemand', { KeyId: key.id });
    const second = await currentMaterialOf(caller, key);
    const ciphertext = await encrypted(caller, { id: alias, arn: '' }, 'lost');
    await caller.ok('ScheduleKeyDeletion', { KeyId: key.id, PendingWindowInDays: 7 });

    await makeDue(caller, 'delete-key', key.id);
    const gone = { error: 'NotFoundException', message: `Key '${key.arn}' does not exist` };
    await waitUntil('the key to be gone', SWEPT_MS, async () =>
      (await caller.kms('DescribeKey', { KeyId: key.id })).error === gone.error ? true : 'there',
    );
    for (const operation of ['GetKeyPolicy', 'ListResourceTags', 'GetKeyRotationStatus', 'ListKeyRotations', 'CancelKeyDeletion']) {
      expect([operation, await caller.kms(operation, { KeyId: key.id })]).toMatchObject([operation, gone]);
    }
    expect(await caller.kms('ListAliases', { KeyId: key.id })).toMatchObject(gone);
    expect(await caller.kms('Encrypt', { KeyId: alias, Plaintext: 'AA==' })).toMatchObject({ error: 'NotFoundException' });
    expect(await caller.kms('Decrypt', { CiphertextBlob: ciphertext })).toMatchObject({
      error: 'AccessDeniedException',
      message:
        'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    });
    expect(await serviceEvent(caller, 'DeleteKey', key.arn)).toMatchObject({
      eventType: 'AwsServiceEvent',
      userIdentity: { accountId: caller.account.accountId, invokedBy: 'AWS Internal' },
      serviceEventDetails: { keyId: key.id },
    });

    expect(await storedMaterials(key)).toEqual({ materials: 0, graveyard: 2 });
    for (const material of [first, second]) expect(await keptToken(caller, key.id, material)).toBeDefined();
    await makeDue(caller, 'shred-material', key.id);
    expect(await serviceEvent(caller, 'ShredKeyMaterial', key.arn)).toMatchObject({ serviceEventDetails: { keyId: key.id } });
    expect(await storedMaterials(key)).toEqual({ materials: 0, graveyard: 0 });
    for (const material of [first, second]) expect(await keptToken(caller, key.id, material)).toBeUndefined();
  });

  test('a key whose deletion was cancelled is not deleted, and can be used again once it is enabled', async () => {
    const key = await aKey(caller);
    const doomed = await aKey(caller);
    const ciphertext = await encrypted(caller, key, 'kept');
    for (const { id } of [key, doomed]) await caller.ok('ScheduleKeyDeletion', { KeyId: id });
    await caller.ok('CancelKeyDeletion', { KeyId: key.id });
    await expect(makeDue(caller, 'delete-key', key.id)).rejects.toThrow('no delete-key is planned');
    await makeDue(caller, 'delete-key', doomed.id);
    await waitUntil('the other key to be gone', SWEPT_MS, async () =>
      (await caller.kms('DescribeKey', { KeyId: doomed.id })).error === 'NotFoundException' ? true : 'there',
    );
    await caller.ok('EnableKey', { KeyId: key.id });
    await caller.ok('Decrypt', { CiphertextBlob: ciphertext });
  });
});
