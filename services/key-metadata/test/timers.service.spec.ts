import { jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { auditStream, auditSubject } from '@trent/audit-record';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createMetrics, silentLogger } from '@trent/bootstrap';
import { startNats, type TestNats } from '@trent/local-cluster';
import { openWriter, type ChangeWriter } from '@trent/outbox';
import { Sweeper, type SweepDeps } from '../src/timers/sweep.ts';
import { KeyStore, keyIdAt, REGION } from './support/key-store.ts';

const KEYS = 40;
let store: KeyStore;
let server: TestNats;
let nats: NatsConnection;
let writer: ChangeWriter;

const connectAs = (user: 'key-metadata' | 'audit-ingest') => {
  const { password: pass } = server.as(user);
  return connect({ servers: [...server.servers], user, pass, inboxPrefix: `_INBOX.${user}` });
};

beforeAll(async () => {
  [store, server] = await Promise.all([KeyStore.start(), startNats()]);
  const ingest = await connectAs('audit-ingest');
  const manager = await jetstreamManager(ingest);
  await manager.streams.add({ name: auditStream(REGION, 0), subjects: [auditSubject(REGION, 0)], retention: RetentionPolicy.Workqueue });
  await ingest.close();
  nats = await connectAs('key-metadata');
  writer = await openWriter({
    db: store.db,
    schema: 'key_metadata',
    feeds: [`keys.${REGION}`],
    nats,
    jetstream: jetstream(nats),
    auditSubject: (region) => auditSubject(region, 0),
    log: silentLogger(),
    metrics: createMetrics({ process: false }),
  });
  await store.fill(KEYS);
}, 120_000);
afterAll(async () => {
  await writer.close();
  await nats.close();
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const sweepers: Sweeper[] = [];
afterEach(async () => {
  await Promise.all(sweepers.splice(0).map((sweeper) => sweeper.close()));
});

let made = 0;
/** A sweeper that works when it is told to; its HSM is a counter. */
function aSweeper(parts: Partial<SweepDeps> = {}): Sweeper {
  const sweeper = new Sweeper({
    db: store.db,
    writer,
    log: silentLogger(),
    newEventId: () => crypto.randomUUID(),
    forgetTokens: () => Promise.resolve(),
    deleteStoreKey: () => Promise.resolve(),
    freshMaterial: () =>
      Promise.resolve({ materialId: String(++made).padStart(64, '0'), token: Buffer.from('token'), rootVersion: 1, objectId: '' }),
    monotonicMs: () => performance.now(),
    ...parts,
  });
  sweepers.push(sweeper);
  return sweeper;
}

async function plan(kind: string, from: number, to: number, due = 'now()'): Promise<void> {
  await store.db.query(
    `insert into timers (kind, region, subject, due_at) select $1, region, key_id, ${due} from keys where key_id between $2 and $3`,
    [kind, keyIdAt(from), keyIdAt(to)],
  );
}

async function countOf(sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await store.db.query<{ count: bigint }>(`select count(*) ${sql}`, values);
  return Number(rows[0]?.count);
}

const eventsOf = (name: string): Promise<number> => countOf(`from audit_outbox where record::json ->> 'eventName' = $1`, [name]);

describe('two sweepers at once', () => {
  test('do each deed once: keys are gone, their materials in the graveyard, each recorded', async () => {
    await store.db.query(`update keys set key_state = 'PendingDeletion' where key_id <= $1`, [keyIdAt(20)]);
    await plan('delete-key', 1, 20);
    await Promise.all([aSweeper().sweep(), aSweeper().sweep()]);
    expect(await countOf('from keys where key_id <= $1', [keyIdAt(20)])).toBe(0);
    expect(await countOf('from graveyard')).toBe(20);
    expect(await eventsOf('DeleteKey')).toBe(20);
    expect(await countOf(`from timers where kind = 'shred-material'`)).toBe(20);
    await store.db.query(`update timers set due_at = now() where kind = 'shred-material'`);
    await Promise.all([aSweeper().sweep(), aSweeper().sweep()]);
    expect(await countOf('from graveyard')).toBe(0);
    expect(await eventsOf('ShredKeyMaterial')).toBe(20);
  });

  test('rotate each key once', async () => {
    await store.db.query(
      `insert into rotation_settings (region, key_id, period_days, next_rotation_at)
       select region, key_id, 90, now() from keys where key_id between $1 and $2`,
      [keyIdAt(21), keyIdAt(30)],
    );
    await plan('rotate-key', 21, 30);
    await Promise.all([aSweeper().sweep(), aSweeper().sweep()]);
    expect(await countOf('from rotations')).toBe(10);
    expect(await eventsOf('RotateKey')).toBe(10);
    expect(await countOf('from materials where is_current and key_id between $1 and $2', [keyIdAt(21), keyIdAt(30)])).toBe(10);
    expect(await countOf(`from timers where kind = 'rotate-key' and due_at > now() + interval '89 days'`)).toBe(10);
  });
});

describe('a deed', () => {
  test('that fails is put off, and what comes after it is done', async () => {
    await store.db.query(
      `insert into rotation_settings (region, key_id, period_days, next_rotation_at)
       select region, key_id, 90, now() from keys where key_id = $1`,
      [keyIdAt(31)],
    );
    await plan('rotate-key', 31, 31, `now() - interval '1 hour'`);
    await store.db.query(`update keys set key_state = 'PendingDeletion' where key_id = $1`, [keyIdAt(32)]);
    await plan('delete-key', 32, 32);
    await aSweeper({ freshMaterial: () => Promise.reject(new Error('the HSM is away')) }).sweep();
    expect(await countOf('from keys where key_id = $1', [keyIdAt(32)])).toBe(0);
    expect(await countOf(`from timers where subject = $1 and due_at > now() + interval '30 seconds'`, [keyIdAt(31)])).toBe(1);
    expect(await countOf('from rotations where key_id = $1', [keyIdAt(31)])).toBe(0);
  });

  test('on a key that is not pending deletion any more does nothing', async () => {
    await plan('delete-key', 33, 33);
    await aSweeper().sweep();
    expect(await countOf('from keys where key_id = $1', [keyIdAt(33)])).toBe(1);
    expect(await countOf('from graveyard where key_id = $1', [keyIdAt(33)])).toBe(0);
  });
});

describe('a clock that jumps', () => {
  test('stops the sweeper, and what is due stays', async () => {
    await store.db.query(`update keys set key_state = 'PendingDeletion' where key_id = $1`, [keyIdAt(34)]);
    let ownMs = 0;
    const sweeper = aSweeper({ monotonicMs: () => ownMs });
    await sweeper.sweep();
    await plan('delete-key', 34, 34);
    // An hour by its own clock, in which Postgres' went on by a moment.
    ownMs += 3_600_000;
    await sweeper.sweep();
    expect(sweeper.state).toBe('clock jumped');
    await sweeper.sweep();
    expect(await countOf('from keys where key_id = $1', [keyIdAt(34)])).toBe(1);
  });
});
