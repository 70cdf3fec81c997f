import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { blob, encrypted, anAlias } from '../fixtures/keys.ts';
import { aFamily, aPrimary, arnIn, described, HERE, letDie, THERE } from '../fixtures/multi-region.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { serviceEvent } from '../fixtures/time.ts';

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

const EncryptionContext = { purpose: 'test' };

describe('a multi-Region key', () => {
  test('is a primary without replicas when it is made', async () => {
    const { id, arn } = await aPrimary(here);
    expect(id).toMatch(/^mrk-[0-9a-f]{32}$/);
    expect(await described(here, { id })).toMatchObject({
      MultiRegion: true,
      MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn: arn, Region: HERE }, ReplicaKeys: [] },
    });
    expect(await there.kms('DescribeKey', { KeyId: id })).toMatchObject({ error: 'NotFoundException' });
  });

  test('decrypts in one Region what it encrypted in the other, under the same context, named or not', async () => {
    const { primary, replica } = await aFamily(here);
    const out = await encrypted(here, primary, 'out', { EncryptionContext });
    const back = await encrypted(there, replica, 'back', { EncryptionContext });
    for (const [caller, CiphertextBlob, key, text] of [[there, out, replica, 'out'] as const, [here, back, primary, 'back'] as const]) {
      const expected = { Plaintext: blob(text), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      expect((await caller.ok('Decrypt', { CiphertextBlob, EncryptionContext })).body).toMatchObject(expected);
      expect((await caller.ok('Decrypt', { CiphertextBlob, EncryptionContext, KeyId: key.arn })).body).toMatchObject(expected);
      expect(await caller.kms('Decrypt', { CiphertextBlob })).toMatchObject({ error: 'InvalidCiphertextException' });
    }
  });

  test('makes data keys here that open there, and re-encrypts what came from there', async () => {
    const { primary, replica } = await aFamily(here);
    const { body } = await here.ok('GenerateDataKey', { KeyId: primary.id, KeySpec: 'AES_256' });
    expect((await there.ok('Decrypt', { CiphertextBlob: body['CiphertextBlob'] })).body['Plaintext']).toBe(body['Plaintext']);
    const moved = await there.ok('ReEncrypt', { CiphertextBlob: body['CiphertextBlob'], DestinationKeyId: replica.id });
    expect(moved.body).toMatchObject({ SourceKeyId: replica.arn, KeyId: replica.arn });
    expect((await here.ok('Decrypt', { CiphertextBlob: moved.body['CiphertextBlob'] })).body['Plaintext']).toBe(body['Plaintext']);
  });

  test('has a state, aliases and tags of its own in each Region', async () => {
    const { primary, replica } = await aFamily(here);
    const alias = await anAlias(there, replica);
    const ciphertext = await encrypted(here, primary, 'x');
    await here.ok('DisableKey', { KeyId: primary.id });
    expect(await here.kms('Decrypt', { CiphertextBlob: ciphertext })).toMatchObject({ error: 'DisabledException' });
    expect((await there.ok('Decrypt', { CiphertextBlob: ciphertext, KeyId: alias })).body['Plaintext']).toBe(blob('x'));
    expect(await here.kms('DescribeKey', { KeyId: alias })).toMatchObject({ error: 'NotFoundException' });
  });

  test('is named by the ARN of its Region alone', async () => {
    const { replica } = await aFamily(here);
    expect(await here.kms('Encrypt', { KeyId: replica.arn, Plaintext: blob('x') })).toMatchObject({
      error: 'NotFoundException',
      message: `Invalid arn ${THERE}`,
    });
  });
});

describe('the rotation of a multi-Region key', () => {
  test('gives primary and replica the same new material at once, and keeps what the old one encrypted', async () => {
    const { primary, replica } = await aFamily(here);
    const old = await encrypted(there, replica, 'old');
    await here.ok('RotateKeyOnDemand', { KeyId: primary.id });
    const [one, other] = [await described(here, primary), await described(there, replica)];
    expect(other['CurrentKeyMaterialId']).toBe(one['CurrentKeyMaterialId']);
    const fresh = await encrypted(here, primary, 'fresh');
    const { body } = await there.ok('Decrypt', { CiphertextBlob: fresh });
    expect(body).toMatchObject({ Plaintext: blob('fresh'), KeyMaterialId: one['CurrentKeyMaterialId'] });
    expect((await here.ok('Decrypt', { CiphertextBlob: old })).body['Plaintext']).toBe(blob('old'));
    expect(await serviceEvent(there, 'SynchronizeMultiRegionKey', replica.arn)).toMatchObject({
      awsRegion: THERE,
      serviceEventDetails: { keyArn: replica.arn },
    });
  });

  test('comes along to a replica that is made later', async () => {
    const primary = await aPrimary(here);
    const old = await encrypted(here, primary, 'old');
    await here.ok('RotateKeyOnDemand', { KeyId: primary.id });
    const fresh = await encrypted(here, primary, 'fresh');
    await here.ok('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE });
    for (const [CiphertextBlob, text] of [[old, 'old'] as const, [fresh, 'fresh'] as const])
      expect((await there.ok('Decrypt', { CiphertextBlob })).body['Plaintext']).toBe(blob(text));
    const { CurrentKeyMaterialId } = await described(here, primary);
    expect(await described(there, primary)).toMatchObject({ CurrentKeyMaterialId });
  });
});

describe('the deletion of a multi-Region key', () => {
  test('of a primary waits for its replicas, and its time begins when the last of them is gone', async () => {
    const { primary, replica } = await aFamily(here);
    const scheduled = await here.ok('ScheduleKeyDeletion', { KeyId: primary.id, PendingWindowInDays: 8 });
    expect(scheduled.body).toEqual({ KeyId: primary.arn, KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 8 });
    const waiting = await described(here, primary);
    expect(waiting).toMatchObject({ KeyState: 'PendingReplicaDeletion', Enabled: false, PendingDeletionWindowInDays: 8 });
    expect(waiting).not.toHaveProperty('DeletionDate');
    expect(await here.kms('Encrypt', { KeyId: primary.id, Plaintext: blob('x') })).toMatchObject({
      error: 'KMSInvalidStateException',
      message: `${primary.arn} is pending deletion.`,
    });
    await there.ok('Encrypt', { KeyId: replica.id, Plaintext: blob('x') });

    const last = await there.ok('ScheduleKeyDeletion', { KeyId: replica.id, PendingWindowInDays: 7 });
    expect(last.body).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate: expect.any(Number) });
    expect(await described(here, primary)).toMatchObject({ KeyState: 'PendingReplicaDeletion' });
    await letDie(database, there, replica);

    const dying = await described(here, primary);
    expect(dying).toMatchObject({ KeyState: 'PendingDeletion', MultiRegionConfiguration: { ReplicaKeys: [] } });
    expect(dying).not.toHaveProperty('PendingDeletionWindowInDays');
    const days = (Number(dying['DeletionDate']) - Date.now() / 1000) / 86_400;
    expect(days).toBeGreaterThan(7.9);
    expect(days).toBeLessThan(8.1);
    await letDie(database, here, primary);
  }, 60_000);

  test('of a primary can be called off while it waits for its replicas', async () => {
    const { primary } = await aFamily(here);
    await here.ok('ScheduleKeyDeletion', { KeyId: primary.id });
    expect((await here.ok('CancelKeyDeletion', { KeyId: primary.id })).body).toEqual({ KeyId: primary.arn });
    const back = await described(here, primary);
    expect(back).toMatchObject({ KeyState: 'Disabled' });
    expect(back).not.toHaveProperty('PendingDeletionWindowInDays');
  });

  test('of a replica leaves the primary as it is; until the replica is gone its Region gets no other, then a new one of the same material', async () => {
    const { primary, replica } = await aFamily(here);
    const ciphertext = await encrypted(there, replica, 'x');
    await there.ok('ScheduleKeyDeletion', { KeyId: replica.id, PendingWindowInDays: 7 });
    expect(await described(here, primary)).toMatchObject({ KeyState: 'Enabled' });
    expect(await here.kms('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE })).toMatchObject({
      error: 'AlreadyExistsException',
      message: `The key ${arnIn(THERE, primary)} already exists.`,
    });
    await letDie(database, there, replica);
    expect((await here.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('x'));
    await here.ok('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE });
    expect((await there.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('x'));
    // What was to be shredded of the old replica is the material of the new one.
    const { rows } = await database.query(
      `select 'timer' as what from key_metadata.timers where region = $1 and subject = $2
       union all select 'grave' from key_metadata.graveyard where region = $1 and key_id = $2`,
      [THERE, primary.id],
    );
    expect(rows).toEqual([]);
  }, 60_000);
});
