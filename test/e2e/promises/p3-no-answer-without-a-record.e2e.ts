import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestIdOf } from '@trent/client';
import { attachCluster, waitUntil } from '@trent/local-cluster';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { aKey, blob, encrypted, UNKNOWN_KEY_ID } from '../fixtures/keys.ts';
import { connectNative } from '../fixtures/native.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { countRecords } from '../fixtures/stored-records.ts';

const STORED_MS = 30_000;
const caller = new Caller();
let database: pg.Client;
beforeAll(async () => {
  database = await connectPostgres();
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await database.end();
});

/** Waits until all have a record, then tells of each how many. */
async function recordsOf(requestIds: readonly string[]): Promise<Map<string, number>> {
  let counts = new Map<string, number>();
  await waitUntil('the records', STORED_MS, async () => {
    counts = await countRecords(database, requestIds);
    const missing = requestIds.filter((id) => !counts.has(id));
    return missing.length === 0 ? true : `${String(missing.length)} are missing, for example of request ${missing[0] ?? ''}`;
  });
  return counts;
}

describe('P3: no effect and no answer without a record', () => {
  test('every answered request has exactly one record: successes and refusals, on each wire', async () => {
    const key = await aKey(caller);
    const disabled = await aKey(caller, { state: 'Disabled' });
    const ciphertext = await encrypted(caller, key, 'x');
    using trent = connectNative();
    const requests: (() => Promise<string | undefined>)[] = [
      async () => (await caller.kms('Encrypt', { KeyId: key.id, Plaintext: blob('x') })).requestId,
      async () => (await caller.kms('Decrypt', { CiphertextBlob: ciphertext })).requestId,
      async () => (await caller.kms('Encrypt', { KeyId: disabled.id, Plaintext: blob('x') })).requestId,
      async () => (await caller.kms('Encrypt', { KeyId: UNKNOWN_KEY_ID, Plaintext: blob('x') })).requestId,
      async () => (await caller.kms('Encrypt', { KeyId: key.id })).requestId,
      async () => (await caller.raw('Encrypt', '{')).requestId,
      async () => (await caller.kms('DescribeKey', { KeyId: key.id })).requestId,
      async () => (await caller.kms('EnableKey', { KeyId: key.id })).requestId,
      async () => (await caller.kms('ListKeys', { Limit: 1 })).requestId,
      async () => (await caller.trail('LookupEvents', { MaxResults: 1 })).requestId,
      async () => requestIdOf(await trent.encrypt({ keyId: key.id, plaintext: Buffer.from('x') })),
      async () => requestIdOf(await trent.encrypt({ keyId: disabled.id, plaintext: Buffer.from('x') }).catch((error: unknown) => error)),
      async () => requestIdOf(await trent.batch.encrypt({ keyId: key.id, plaintext: Buffer.from('x') })),
      async () =>
        requestIdOf(await trent.batch.encrypt({ keyId: disabled.id, plaintext: Buffer.from('x') }).catch((error: unknown) => error)),
    ];
    const ids = (await Promise.all(Array.from({ length: 10 }, () => requests).flatMap((all) => all.map((send) => send())))).map(String);
    expect(new Set(ids).size).toBe(ids.length);
    const counts = await recordsOf(ids);
    expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
  });

  test('who is not authenticated is not recorded', async () => {
    const account = { ...caller.account, secretAccessKey: 'guessed' };
    using impostor = new Caller({ account });
    const refused = await Promise.all([1, 2, 3].map(() => impostor.kms('ListKeys')));
    expect(new Set(refused.map(({ error }) => error))).toEqual(new Set(['InvalidSignatureException']));
    const { requestId } = await caller.ok('ListKeys', { Limit: 1 });
    await recordsOf([requestId]);
    expect(
      await countRecords(
        database,
        refused.map((answer) => answer.requestId),
      ),
    ).toEqual(new Map());
  });

  test('while nothing can be recorded nothing is answered but a failure that a client repeats; afterwards all is well', async () => {
    const cluster = attachCluster(caller.cluster.folder.dir);
    const key = await aKey(caller);
    const { pid } = await cluster.process('nats-a');
    if (pid === null) throw new Error('nats-a does not run');
    process.kill(pid, 'SIGSTOP');
    try {
      const answers = await Promise.all([
        caller.once('Encrypt', { KeyId: key.id, Plaintext: blob('x') }),
        caller.once('GenerateDataKey', { KeyId: key.id, KeySpec: 'AES_256' }),
        caller.once('DescribeKey', { KeyId: UNKNOWN_KEY_ID }),
      ]);
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 500, error: expect.stringMatching(/^(KMSInternalException|DependencyTimeoutException)$/) });
        expect(answer.body).not.toHaveProperty('CiphertextBlob');
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await cluster.healed();
    await waitUntil('an answer', STORED_MS, async () => {
      const { status, http } = await caller.kms('Encrypt', { KeyId: key.id, Plaintext: blob('x') });
      return status === 200 ? true : http.text;
    });
  }, 60_000);
});
