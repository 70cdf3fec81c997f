import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachCluster, waitUntil } from '@trent/local-cluster';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { aKey, blob, encrypted } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { keptToken } from '../fixtures/token-stream.ts';
import { countRecords } from '../fixtures/stored-records.ts';

const HEALED_MS = 60_000;
const caller = new Caller();
const { folder } = caller.cluster;
let database: pg.Client;
beforeAll(async () => {
  database = await connectPostgres();
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await database.end();
});

describe('P4: nothing acknowledged is lost', () => {
  test('a wrapped key is stored twice, in Postgres and in JetStream, when CreateKey answers', async () => {
    const key = await aKey(caller);
    const { rows } = await database.query<{ material_id: string; token: Buffer }>(
      'select material_id, token from key_metadata.materials where key_id = $1',
      [key.id],
    );
    expect(await keptToken(caller, key.id, rows[0]!.material_id)).toEqual(rows[0]!.token);
  });

  test('a key, its state, its ciphertexts and its records outlive kill -9 of every store at once', async () => {
    const cluster = attachCluster(folder.dir);
    const key = await aKey(caller);
    const ciphertext = await encrypted(caller, key, 'kept');
    const disabled = await aKey(caller);
    const { requestId } = await caller.ok('DisableKey', { KeyId: disabled.id });
    const last = await caller.ok('Encrypt', { KeyId: key.id, Plaintext: blob('x') });
    const lost = database.end().catch(() => undefined);
    await Promise.all(['nats-a', 'postgres', 'redis', 'crypto-worker-a'].map((name) => cluster.kill(name)));
    await lost;
    await cluster.healed();
    await waitUntil('the key', HEALED_MS, async () => {
      const { status, http, body } = await caller.kms('Decrypt', { CiphertextBlob: ciphertext });
      return status === 200 ? body['Plaintext'] === blob('kept') || 'another plaintext' : http.text;
    });
    expect((await caller.kms('Encrypt', { KeyId: disabled.id, Plaintext: blob('x') })).error).toBe('DisabledException');
    database = await connectPostgres();
    await waitUntil('the records', HEALED_MS, async () => {
      const counts = await countRecords(database, [requestId, last.requestId]);
      return (counts.get(requestId) === 1 && counts.get(last.requestId) === 1) || `stored: ${String([...counts.values()])}`;
    });
  }, 150_000);
});
