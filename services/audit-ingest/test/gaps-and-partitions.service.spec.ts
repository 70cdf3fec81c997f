import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createMetrics, silentLogger } from '@trent/bootstrap';
import { IngestFigures } from '../src/ingest/ingest-figures.ts';
import { insertMessages } from '../src/ingest/insert.ts';
import { reconcileGaps } from '../src/reconcile/gaps.ts';
import { watchGaps } from '../src/reconcile/watch-gaps.ts';
import { maintainPartitions } from '../src/retention/partitions.ts';
import { startAuditDatabase, type AuditDatabase } from './support/audit-database.ts';
import { aDelivery } from './support/deliveries.ts';
import { aRecord } from './support/records.ts';

/** Real backends on a machine that may be busy. */
jest.setTimeout(30_000);

let audit: AuditDatabase;
beforeAll(async () => {
  audit = await startAuditDatabase();
}, 30_000);
afterAll(async () => {
  await audit[Symbol.asyncDispose]();
});
beforeEach(() => audit.db.query('truncate records, batches, publishers'));

async function arrive(publisher: string, ...batches: number[]): Promise<void> {
  const messages = batches.map((batch) => aDelivery({ publisher, batch, body: [aRecord()] }).message);
  await insertMessages(audit.db, messages, performance.now() + 5000);
}

/** As if a minute had passed. */
const settle = (): Promise<unknown> => audit.db.query(`update batches set received_at = received_at - interval '2 minutes'`);
const gaps = async (): Promise<string[]> =>
  (await reconcileGaps(audit.db)).map(({ publisher, missing, ranges }) => `${publisher} ${missing} ${ranges}`);

describe('gaps in a publisher’s numbers', () => {
  test('are none when all came, in whatever order, and settled numbers are folded away', async () => {
    await arrive('p', 3, 1, 2);
    await settle();
    await arrive('p', 5, 4);
    expect(await gaps()).toEqual([]);
    const { rows } = await audit.db.query('select count(*)::int as n from batches');
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('are seen once they have settled, and stay', async () => {
    await arrive('p', 1, 2, 5);
    await arrive('q', 1);
    expect(await gaps()).toEqual([]);
    await settle();
    expect(await gaps()).toEqual(['p 2 {[3,5)}']);
    expect(await gaps()).toEqual(['p 2 {[3,5)}']);
    await arrive('p', 6, 8);
    await settle();
    expect(await gaps()).toEqual(['p 3 {[3,5),[7,8)}']);
  });

  test('close when the late one comes; a repeat of another changes nothing', async () => {
    await arrive('p', 1, 4);
    await settle();
    await gaps();
    await arrive('p', 3, 1);
    expect(await gaps()).toEqual(['p 1 {[2,3)}']);
    await arrive('p', 2);
    expect(await gaps()).toEqual([]);
  });

  test('mean nothing in the row ids of an outbox', async () => {
    await arrive('outbox.key_metadata', 4, 9);
    await settle();
    expect(await gaps()).toEqual([]);
  });

  test('of absurd size cost no more than others', async () => {
    await arrive('p', 1, 999_999_999_999_999);
    await settle();
    expect(await gaps()).toEqual(['p 999999999999997 {[2,999999999999999)}']);
  });

  test('are counted in the gauge', async () => {
    await arrive('p', 2);
    await settle();
    const metrics = createMetrics({ process: false });
    const known = new Map<string, string>();
    await watchGaps(audit.db, new IngestFigures(metrics, Date.now), silentLogger(), known);
    expect((await metrics.render()).text).toContain('trent_audit_batches_missing 1');
    expect([...known]).toEqual([['p', '{[1,2)}']]);
  });
});

describe('partitions', () => {
  test('are there for yesterday to a week ahead, and made once', async () => {
    const { rows } = await audit.db.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'records'::regclass order by 1`,
    );
    expect(rows).toHaveLength(10);
    expect(await maintainPartitions(audit.db)).toEqual({ created: [], dropped: [] });
  });

  test('take the records of their day', async () => {
    await arrive('p', 1);
    const { rows } = await audit.db.query<{ name: string }>('select tableoid::regclass::text as name from records');
    expect(rows).toEqual([{ name: `records_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}` }]);
  });

  test('made by replicas at the same time are made once', async () => {
    await audit.db.query(`drop table records_${new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}`);
    const outcomes = await Promise.all([maintainPartitions(audit.db), maintainPartitions(audit.db)]);
    expect(outcomes.flatMap(({ created }) => created)).toHaveLength(1);
  });

  test('older than the retention go, if there is one', async () => {
    await audit.db.query(`create table records_20200101 partition of records for values from ('2020-01-01') to ('2020-01-02')`);
    expect((await maintainPartitions(audit.db)).dropped).toEqual([]);
    expect((await maintainPartitions(audit.db, 90)).dropped).toEqual(['records_20200101']);
  });

  test('whose day has records in the default one already are not made, and nothing is lost', async () => {
    const inSixDays = new Date(Date.now() + 6 * 86_400_000);
    const name = `records_${inSixDays.toISOString().slice(0, 10).replaceAll('-', '')}`;
    await audit.db.query(`drop table ${name}`);
    const message = aDelivery({ body: [aRecord({ timeMs: inSixDays.getTime() })] }).message;
    await insertMessages(audit.db, [message], performance.now() + 5000);
    expect((await maintainPartitions(audit.db)).created).toEqual([]);
    expect((await audit.db.query('select from records_default')).rowCount).toBe(1);
  });
});
