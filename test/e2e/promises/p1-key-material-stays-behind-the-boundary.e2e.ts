import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importOf, parametersFor } from '../fixtures/imports.ts';
import { aKey, blob, encrypted } from '../fixtures/keys.ts';
import { connectNative } from '../fixtures/native.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { recordOf } from '../fixtures/records.ts';

const caller = new Caller();
let database: pg.Client;
beforeAll(async () => {
  database = await connectPostgres();
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await database.end();
});

/** Every file in a folder, whole. */
function* filesIn(folder: string): Generator<{ path: string; bytes: Buffer }> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) yield { path, bytes: readFileSync(path) };
  }
}

function filesWith(folder: string, secrets: readonly Buffer[]): string[] {
  return [...filesIn(folder)].filter(({ bytes }) => secrets.some((secret) => bytes.includes(secret))).map(({ path }) => path);
}

describe('P1: key material stays behind the PKCS#11 boundary', () => {
  test('plaintexts, data keys, imported material and access key secrets are in no log, no stream, no table and no write-ahead log', async () => {
    const plaintext = randomBytes(32);
    const key = await aKey(caller);
    const ciphertext = await encrypted(caller, key, 'x');
    await caller.ok('Decrypt', { CiphertextBlob: ciphertext });
    const closed = await caller.ok('Encrypt', { KeyId: key.id, Plaintext: blob(plaintext) });
    await caller.ok('Decrypt', { CiphertextBlob: closed.body['CiphertextBlob'] });
    await caller.kms('Encrypt', { KeyId: 'alias/unknown', Plaintext: blob(plaintext) });
    const dataKey = await caller.ok('GenerateDataKey', { KeyId: key.id, KeySpec: 'AES_256' });
    using trent = connectNative();
    await trent.encrypt({ keyId: key.id, plaintext });
    await trent.batch.encrypt({ keyId: key.id, plaintext });
    const material = randomBytes(32);
    const imported = await anImportKey(caller);
    const parameters = await parametersFor(caller, imported, 'RSAES_OAEP_SHA_256', 'RSA_2048');
    await caller.ok('ImportKeyMaterial', importOf(imported, parameters, material));
    const last = await caller.ok('GenerateRandom', { NumberOfBytes: 1 });
    await recordOf(caller, 'GenerateRandom', last); // the records of all before it are stored
    await database.query('checkpoint');
    const secrets = [
      plaintext,
      material,
      Buffer.from(String(dataKey.body['Plaintext']), 'base64'),
      Buffer.from(caller.account.secretAccessKey),
    ];
    const spellings = secrets.flatMap((secret) => [secret, Buffer.from(secret.toString('base64')), Buffer.from(secret.toString('hex'))]);
    const { folder, settings } = caller.cluster;
    for (const place of [folder.logs, join(folder.dir, 'nats-a'), settings.postgresData]) expect(filesWith(place, spellings)).toEqual([]);
  });

  test('a backing key is stored wrapped: what the database holds names its key and is nothing that opens a ciphertext', async () => {
    const key = await aKey(caller);
    const { rows } = await database.query<{ token: Buffer }>('select token from key_metadata.materials where key_id = $1', [key.id]);
    expect(rows).toHaveLength(1);
    // header, key wrapped with padding (RFC 5649: at least 8 bytes more than the key), MAC
    expect(rows[0]!.token.length).toBeGreaterThan(32 + 8 + 32);
  });

  test('tokens hold no key in clear: the files of the token folder never grow with keys', async () => {
    const folder = join(caller.cluster.folder.tokens);
    const before = [...filesIn(folder)].map(({ path }) => path);
    await Promise.all([aKey(caller), aKey(caller), aKey(caller)]);
    expect([...filesIn(folder)].map(({ path }) => path)).toEqual(before);
  });
});
