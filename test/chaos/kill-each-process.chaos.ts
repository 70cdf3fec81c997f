import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil, type TestCluster } from '@trent/local-cluster';
import type pg from 'pg';
import { testCluster } from '../e2e/fixtures/cluster.ts';
import { callersOfGateways } from '../e2e/fixtures/gateways.ts';
import { blob } from '../e2e/fixtures/keys.ts';
import { connectPostgres } from '../e2e/fixtures/postgres.ts';
import { countRecords } from '../e2e/fixtures/stored-records.ts';
import { sharedCluster } from '../e2e/shared-cluster.ts';
import { SdkLoad, sdkClient, sdkKey, type LoadOutcome } from './sdk-load.ts';

const MINUTE_MS = 60_000;
const KEYS = 5;
const LANES = Number(process.env['TRENT_CHAOS_LANES'] ?? 4);
/** Answers between two kills, so that each kill meets a load under way and each recovery is loaded too. */
const ANSWERS_BETWEEN = 40;
const STORED_MS = 2 * MINUTE_MS;

let cluster: TestCluster;
let client: KMSClient;
let keys: string[];
let outcome: LoadOutcome;
let killed: string[];
const made: { keyId: string; ciphertext: Uint8Array }[] = [];

/** Makes a key and uses it once; Postgres itself being dead, that may fail. */
async function makeKey(): Promise<void> {
  const keyId = await sdkKey(client);
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: keyId, Plaintext: new Uint8Array([7]) }));
  made.push({ keyId, ciphertext: CiphertextBlob ?? new Uint8Array() });
}

/** Uses every key once through every gateway: while Postgres is down, what is in view is served, and nothing else is promised. */
async function bringIntoView(): Promise<void> {
  const gateways = callersOfGateways();
  for (const gateway of gateways) {
    for (const KeyId of keys) await gateway.ok('Encrypt', { KeyId, Plaintext: blob('x') });
    gateway[Symbol.dispose]();
  }
}

async function killEach(): Promise<void> {
  const load = new SdkLoad(client, keys, LANES);
  const enough = async (): Promise<void> => {
    const goal = load.count + ANSWERS_BETWEEN;
    await waitUntil('answers under load', MINUTE_MS, () => load.count >= goal || `${String(load.count)} of ${String(goal)}`);
  };
  try {
    const { processes } = await cluster.status();
    killed = processes.map(({ name }) => name);
    for (const name of killed) {
      await enough();
      await cluster.kill(name);
      await enough();
      await cluster.healed();
      await makeKey();
    }
  } finally {
    outcome = await load.stop();
  }
}

describe('kill -9 of each process in turn, under load, in three zones', () => {
  beforeAll(async () => {
    cluster = sharedCluster();
    client = sdkClient(testCluster());
    keys = await Promise.all(Array.from({ length: KEYS }, () => sdkKey(client)));
    await bringIntoView();
    await killEach();
    console.log(
      `${String(killed.length)} processes killed; ${String(outcome.answered.length)} requests answered, ${String(outcome.retried)} of them at a later attempt; ${String(outcome.failures.length)} failed`,
    );
  }, 20 * MINUTE_MS);
  afterAll(() => client.destroy());

  test('each process of three zones was killed', () => {
    const replicas = ['crypto-worker', 'key-metadata', 'policy', 'audit-ingest', 'gateway', 'nats'].flatMap((service) =>
      ['a', 'b', 'c'].map((zone) => `${service}-${zone}`),
    );
    expect(killed).toEqual(expect.arrayContaining(['postgres', 'redis', ...replicas]));
  });

  test('no answer was wrong', () => {
    expect(outcome.wrong).toEqual([]);
  });

  test("no failure came through the SDK's standard retry", () => {
    expect(outcome.failures).toEqual([]);
  });

  test(
    'every answered request has exactly one record',
    async () => {
      const database: pg.Client = await connectPostgres();
      try {
        let counts = new Map<string, number>();
        await waitUntil('the records', STORED_MS, async () => {
          counts = await countRecords(database, outcome.answered);
          return counts.size === outcome.answered.length || `${String(counts.size)} of ${String(outcome.answered.length)} are there`;
        });
        expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
        console.log(
          `${String(outcome.answered.length)} requests answered, ${String([...counts.values()].reduce((sum, one) => sum + one, 0))} records`,
        );
      } finally {
        await database.end();
      }
    },
    3 * MINUTE_MS,
  );

  test(
    'no key that was made meanwhile is lost',
    async () => {
      expect(made).toHaveLength(killed.length);
      for (const { keyId, ciphertext } of made) {
        const { Plaintext, KeyId } = await client.send(new DecryptCommand({ CiphertextBlob: ciphertext }));
        expect({ keyId: KeyId?.split('/')[1], plaintext: [...(Plaintext ?? [])] }).toEqual({ keyId, plaintext: [7] });
      }
    },
    MINUTE_MS,
  );
});
