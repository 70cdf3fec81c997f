import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { AUDIT_HEADERS, auditStream, auditSubject, messageBody, openAuditPublisher, type AuditPublisher } from '@trent/audit-record';
import { cloudtrail } from '@trent/contracts';
import { startNats, startPostgres, waitUntil, type NatsUser, type TestNats, type TestPostgres } from '@trent/local-cluster';
import { ensureAuditStreams } from '../src/ingest/streams.ts';
import { anIngest, makePlace, type IngestPlace, type IngestProcess } from './support/ingest-process.ts';
import { aRecord, REGION } from './support/records.ts';

/** Real backends on a machine that may be busy. */
jest.setTimeout(30_000);

let place: IngestPlace;
let postgres: TestPostgres;
let nats: TestNats;
let gateway: NatsConnection;
let manager: JetStreamManager;
let ingest: IngestProcess;
let second: IngestProcess;
const connections: NatsConnection[] = [];

async function natsAs(user: NatsUser): Promise<NatsConnection> {
  const { password } = nats.as(user);
  const connection = await connect({ servers: [...nats.servers], user, pass: password, inboxPrefix: `_INBOX.${user}` });
  connections.push(connection);
  return connection;
}

beforeAll(async () => {
  [place, postgres, nats] = await Promise.all([makePlace(), startPostgres(), startNats()]);
  ingest = await anIngest('audit-ingest-a', place, { postgres, nats });
  second = await anIngest('audit-ingest-b', place, { postgres, nats });
  await Promise.all([ingest.process.start(), second.process.start()]);
  gateway = await natsAs('gateway');
  manager = await jetstreamManager(await natsAs('audit-ingest'));
}, 90_000);

afterAll(async () => {
  await Promise.all([ingest.process.stop(), second.process.stop()]);
  for (const connection of connections) await connection.close();
  await Promise.all([postgres[Symbol.asyncDispose](), nats[Symbol.asyncDispose]()]);
  place[Symbol.dispose]();
}, 60_000);

function aPublisher(): AuditPublisher {
  return openAuditPublisher({ nats: gateway, natsUser: 'gateway', regions: [REGION], streams: 3, zone: 'a', publisher: randomUUID() });
}

/** How often each of these records is in Postgres: all ids with a count other than one. */
async function notExactlyOnce(ids: ReadonlySet<string>): Promise<string[]> {
  const rows = await postgres.query<{ id: string; n: number }>(
    'select event_id::text as id, count(*)::int as n from audit.records where event_id = any ($1::uuid[]) group by 1',
    [[...ids]],
  );
  const counts = new Map(rows.map(({ id, n }) => [id, n]));
  return [...ids].filter((id) => counts.get(id) !== 1).map((id) => `${id}: ${String(counts.get(id) ?? 0)}`);
}

async function stored(ids: ReadonlySet<string>): Promise<void> {
  await waitUntil('every record in Postgres', 40_000, async () => {
    const missing = await notExactlyOnce(ids);
    return missing.length === 0 || `${missing.length} of ${ids.size} are not there once, such as ${String(missing[0])}`;
  });
}

const byId = (eventId: string): Partial<cloudtrail.LookupEventsRequest> => ({
  lookupAttributes: [{ attributeKey: cloudtrail.LookupAttributeKey.LOOKUP_ATTRIBUTE_KEY_EVENT_ID, attributeValue: eventId }],
});

describe('a running audit-ingest', () => {
  test('has made streams that lose nothing: work queues that refuse when full', async () => {
    for (let i = 0; i < 3; i++) {
      const { config } = await manager.streams.info(auditStream(REGION, i));
      expect(config).toMatchObject({
        retention: 'workqueue',
        discard: 'new',
        storage: 'file',
        num_replicas: 1,
        max_age: 0,
        max_bytes: 2 ** 31,
      });
    }
  });

  test('brings streams that are there to other settings, and back', async () => {
    const settings = { regions: [REGION], streams: 3, replicas: 1 };
    for (const maxBytes of [2 ** 30, 2 ** 31]) {
      await ensureAuditStreams(manager, { ...settings, maxBytes });
      expect((await manager.streams.info(auditStream(REGION, 1))).config.max_bytes).toBe(maxBytes);
    }
  });

  test('answers a record through either replica after it was acknowledged, and removes its message', async () => {
    const eventId = randomUUID();
    const publisher = aPublisher();
    await publisher.publish(REGION, aRecord({ eventId }), performance.now() + 5000);
    await publisher.close();
    for (const replica of [ingest, second]) {
      await waitUntil('the record', 10_000, async () => (await replica.lookup(byId(eventId))).events.length === 1 || 'not found');
    }
    await waitUntil('empty streams', 10_000, async () => (await waiting()) === 0 || 'messages are left');
  });

  test('serves the gateway alone, and look-up alone', async () => {
    await expect(ingest.lookup({}, 'policy')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    await expect(ingest.lookup({}, 'gateway', 'kms.Encrypt')).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test('P4: stores a message that came through two streams once', async () => {
    const ids = new Set([randomUUID(), randomUUID()]);
    const body = messageBody([...ids].map((eventId) => aRecord({ eventId })));
    for (const i of [0, 1, 2]) {
      const fields = headers();
      fields.set(AUDIT_HEADERS.publisher, 'twice');
      fields.set(AUDIT_HEADERS.batch, '1');
      await jetstream(gateway).publish(auditSubject(REGION, i), body, { headers: fields });
    }
    await waitUntil('empty streams', 10_000, async () => (await waiting()) === 0 || 'messages are left');
    await stored(ids);
  });

  test('sets a poison message apart and goes on', async () => {
    await jetstream(gateway).publish(auditSubject(REGION, 0), 'poison');
    const eventId = randomUUID();
    const publisher = aPublisher();
    await publisher.publish(REGION, aRecord({ eventId }), performance.now() + 5000);
    await publisher.close();
    await stored(new Set([eventId]));
    await waitUntil('the poison in quarantine', 10_000, async () => {
      const rows = await postgres.query('select convert_from(body, $1) as body from audit.quarantine', ['UTF8']);
      return rows.length === 1 || `${rows.length} rows`;
    });
    await waitUntil('empty streams', 10_000, async () => (await waiting()) === 0 || 'messages are left');
  });
});

async function waiting(): Promise<number> {
  const infos = await Promise.all([0, 1, 2].map((i) => manager.streams.info(auditStream(REGION, i))));
  return infos.reduce((sum, { state }) => sum + state.messages, 0);
}

describe('P4: kill -9', () => {
  test('of a replica while its commit waits loses nothing and stores nothing twice', async () => {
    await second.process.stop();
    const ids = new Set<string>();
    const publisher = aPublisher();
    {
      // Nothing can be committed while the table is locked, so the replica dies in the middle of a commit.
      await using lock = await lockRecords();
      for (let i = 0; i < 40; i++) {
        const eventId = randomUUID();
        ids.add(eventId);
        await publisher.publish(REGION, aRecord({ eventId }), performance.now() + 5000);
      }
      await lock.someoneWaits();
      await ingest.process.kill();
      // Its statement still waits in Postgres and would be committed after all: it dies too.
      await postgres.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'audit'`);
    }
    await ingest.process.start();
    await publisher.close();
    await stored(ids);
    await waitUntil('empty streams', 20_000, async () => (await waiting()) === 0 || 'messages are left');
    await second.process.start();
  }, 90_000);

  test('of each replica in turn under load loses nothing and stores nothing twice', async () => {
    const ids = new Set<string>();
    const publisher = aPublisher();
    let going = true;
    const callers = Array.from({ length: 16 }, async () => {
      while (going) {
        const eventId = randomUUID();
        await publisher.publish(REGION, aRecord({ eventId }), performance.now() + 10_000);
        ids.add(eventId);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    for (const replica of [ingest, second]) {
      await replica.process.kill();
      await replica.process.start();
    }
    going = false;
    await Promise.all(callers);
    await publisher.close();
    await stored(ids);
    expect(ids.size).toBeGreaterThan(100);
  }, 120_000);
});

test('SIGTERM ends a replica in order: what it had read is committed and acknowledged', async () => {
  const ids = new Set<string>();
  const publisher = aPublisher();
  const published = Array.from({ length: 200 }, () => {
    const eventId = randomUUID();
    ids.add(eventId);
    return publisher.publish(REGION, aRecord({ eventId }), performance.now() + 5000);
  });
  await Promise.all(published);
  await ingest.process.stop();
  expect(await ingest.process.ended).toMatch(/0/);
  await stored(ids);
  await publisher.close();
  await ingest.process.start();
}, 60_000);

interface HeldLock extends AsyncDisposable {
  /** Resolves when an insert waits for the lock. */
  someoneWaits(): Promise<void>;
}

/** Locks the table of records until disposed: a session of its own sleeps inside a transaction that holds it. */
async function lockRecords(): Promise<HeldLock> {
  const session = postgres.query(
    `do $$ begin set local application_name = 'lock holder'; lock table audit.records in access exclusive mode; perform pg_sleep(60); end $$`,
  );
  const ended = session.catch(() => undefined);
  const sees = (condition: string) => async (): Promise<true | string> => {
    const rows = await postgres.query(`select from pg_locks where relation = 'audit.records'::regclass and ${condition}`);
    return rows.length > 0 || 'not yet';
  };
  await waitUntil('the lock', 10_000, sees(`granted and mode = 'AccessExclusiveLock'`));
  return {
    someoneWaits: () => waitUntil('an insert that waits', 10_000, sees('not granted')),
    [Symbol.asyncDispose]: async () => {
      await postgres.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lock holder'`);
      await ended;
    },
  };
}
