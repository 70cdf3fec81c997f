import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createMetrics, silentLogger } from '@trent/bootstrap';
import { waitUntil } from '@trent/local-cluster';
import { commitAll } from '../src/ingest/committer.ts';
import { IngestFigures } from '../src/ingest/ingest-figures.ts';
import { insertMessages } from '../src/ingest/insert.ts';
import { MessageQueue } from '../src/ingest/message-queue.ts';
import type { AuditMessage } from '../src/ingest/read-message.ts';
import { startAuditDatabase, type AuditDatabase } from './support/audit-database.ts';
import { aDelivery, type TestDelivery } from './support/deliveries.ts';
import { ACCOUNT, aRecord, keyArn } from './support/records.ts';

/** Real backends on a machine that may be busy. */
jest.setTimeout(30_000);

let audit: AuditDatabase;
beforeAll(async () => {
  audit = await startAuditDatabase();
}, 30_000);
afterAll(async () => {
  await audit[Symbol.asyncDispose]();
});
beforeEach(() => audit.db.query('truncate records, batches, publishers, quarantine'));

const within = (): number => performance.now() + 5000;
const count = async (table: string): Promise<number> => {
  const { rows } = await audit.db.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0]?.n ?? -1;
};

/** Commits these messages as the service does and stops. */
async function commitThese(deliveries: readonly TestDelivery[]): Promise<IngestFigures> {
  const queue = new MessageQueue(() => performance.now());
  const figures = new IngestFigures(createMetrics({ process: false }), Date.now);
  for (const { message } of deliveries) void queue.push(message);
  queue.close();
  const { signal } = new AbortController();
  await commitAll({ db: audit.db, queue, figures, log: silentLogger(), now: () => performance.now(), signal });
  return figures;
}

describe('P4: every record is in Postgres exactly once', () => {
  test('when its message comes twice, in one commit or in two', async () => {
    const body = [aRecord(), aRecord(), aRecord()];
    const first = aDelivery({ batch: 1, body, stream: 'AUDIT_us-east-1_0' }).message;
    const second = aDelivery({ batch: 1, body, stream: 'AUDIT_us-east-1_1' }).message;
    expect(await insertMessages(audit.db, [first, second], within())).toEqual({ stored: 3, repeated: 3 });
    expect(await insertMessages(audit.db, [first], within())).toEqual({ stored: 0, repeated: 3 });
    expect([await count('records'), await count('batches')]).toEqual([3, 1]);
  });

  test('when replicas store the same messages at the same time', async () => {
    const messages = Array.from(
      { length: 20 },
      (_, i) => aDelivery({ publisher: `p${i % 3}`, batch: i, body: [aRecord(), aRecord()] }).message,
    );
    const orders: AuditMessage[][] = Array.from({ length: 4 }, (_, i) => [...messages.slice(i * 5), ...messages.slice(0, i * 5)]);
    const outcomes = await Promise.all(orders.map((order) => insertMessages(audit.db, order, within())));
    expect(outcomes.reduce((sum, { stored }) => sum + stored, 0)).toBe(40);
    expect(await count('records')).toBe(40);
  });

  test('when a batch number was claimed by somebody else before: records are told apart by their own id', async () => {
    await insertMessages(audit.db, [aDelivery({ batch: 5, body: [] }).message], within());
    await insertMessages(audit.db, [aDelivery({ batch: 5, body: [aRecord()] }).message], within());
    expect(await count('records')).toBe(1);
  });

  test('with its text unchanged, byte for byte', async () => {
    const record = aRecord({ identity: { userName: 'ünï\u2028\ud83d\ude00"\\', type: 'IAMUser' } });
    await commitThese([aDelivery({ body: [record] })]);
    const { rows } = await audit.db.query<{ record: string }>('select record from records');
    expect(rows).toEqual([{ record }]);
  });
});

describe('a poison message', () => {
  test('is kept in quarantine and ended; the good ones beside it are stored', async () => {
    const poison = aDelivery({ publisher: '', body: 'poison', sequence: 7 });
    const mixed = aDelivery({ batch: 2, body: [aRecord(), '{"bad":1}'], sequence: 8 });
    const good = aDelivery({ batch: 3, body: [aRecord()], sequence: 9 });
    const figures = await commitThese([poison, mixed, good]);
    expect([poison.fate, mixed.fate, good.fate]).toEqual([['term'], ['ack'], ['ack']]);
    expect(await count('records')).toBe(2);
    expect(figures.quarantined).toBe(2);
    const { rows } = await audit.db.query('select sequence, item, reason, body from quarantine order by sequence');
    expect(rows).toEqual([
      { sequence: 7n, item: -1, reason: 'the headers name no publisher and batch', body: Buffer.from('poison') },
      { sequence: 8n, item: 1, reason: 'eventID is no UUID', body: Buffer.from('{"bad":1}') },
    ]);
  });

  test('that Postgres alone finds unfit does not hold the commit it came in', async () => {
    const unfit = JSON.stringify({ ...(JSON.parse(aRecord()) as object), eventTime: '-100000-01-01T00:00:00Z' });
    const deliveries = Array.from({ length: 9 }, (_, i) => aDelivery({ batch: i, sequence: i, body: [i === 4 ? unfit : aRecord()] }));
    await commitThese(deliveries);
    expect(deliveries.map(({ fate }) => fate)).toEqual(Array(9).fill(['ack']));
    expect(await count('records')).toBe(8);
    const { rows } = await audit.db.query<{ reason: string; body: Buffer }>('select reason, body from quarantine');
    expect(rows).toMatchObject([{ reason: 'Postgres refused it: 22008', body: Buffer.from(unfit) }]);
  });
});

test('nothing is acknowledged before it is committed: with Postgres away a message waits, and is stored once it is back', async () => {
  const delivery = aDelivery({ body: [aRecord()] });
  await audit.postgres.process.kill();
  await waitUntil('the end of all connections', 10_000, () => audit.db.state().total === 0 || 'not yet');
  const committed = commitThese([delivery]);
  await waitUntil('a failed attempt', 20_000, () => delivery.fate.includes('working') || `none yet, but ${delivery.fate.join()}`);
  expect(delivery.fate).not.toContain('ack');
  await audit.postgres.process.start();
  await committed;
  expect(delivery.fate.at(-1)).toBe('ack');
  expect(await count('records')).toBe(1);
}, 60_000);

describe('a stored record', () => {
  test('has the columns it is found by', async () => {
    const eventId = randomUUID();
    const record = aRecord({
      eventId,
      operation: 'kms.DisableKey',
      timeMs: Date.UTC(2026, 4, 4, 9, 10, 11),
      resources: [keyArn(1), keyArn(2)],
    });
    await commitThese([aDelivery({ body: [record], storedAtUs: 1_777_777_777_000_001 })]);
    const { rows } = await audit.db.query('select * from records');
    expect(rows).toEqual([
      {
        event_time: new Date(Date.UTC(2026, 4, 4, 9, 10, 11)),
        event_id: eventId,
        arrival: 1_777_777_777_000_001n,
        account_id: ACCOUNT,
        region: 'us-east-1',
        event_name: 'DisableKey',
        event_source: 'kms.amazonaws.com',
        read_only: false,
        username: 'root',
        access_key_id: 'AKIAROOT',
        resource_names: [keyArn(1), keyArn(2)],
        record,
      },
    ]);
  });

  test('of a day without a partition is kept in the default one', async () => {
    await commitThese([aDelivery({ body: [aRecord({ timeMs: Date.UTC(2001, 1, 1) })] })]);
    expect(await count('records_default')).toBe(1);
  });
});
