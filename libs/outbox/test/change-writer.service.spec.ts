import { createHash } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isTrentError } from '@trent/errors';
import { startNats, startPostgres, waitUntil, type TestNats, type TestPostgres } from '@trent/local-cluster';
import type { Database } from '@trent/postgres';
import type { ChangeWriter } from '../src/index.ts';
import { recordsIn, makeAuditStreams, clearAuditStreams } from './support/audit-streams.ts';
import { connectTo, FEED, migrateItems, openItems, openItemWriter, raise, REGION, repeatable } from './support/item-service.ts';

let postgres: TestPostgres;
let nats: TestNats;
let connection: NatsConnection;
let auditor: NatsConnection;
let db: Database;
let writer: ChangeWriter;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  await migrateItems(postgres.as('key_metadata'));
  db = openItems(postgres.as('key_metadata'));
  connection = await connectTo({ server: nats.servers[0] ?? '', ...nats.as('key-metadata') });
  auditor = await connectTo({ server: nats.servers[0] ?? '', ...nats.as('audit-ingest') });
  await makeAuditStreams(auditor);
  writer = await openItemWriter(db, connection, Number.NEGATIVE_INFINITY);
}, 60_000);

afterAll(async () => {
  await writer.close();
  await Promise.all([connection.close(), auditor.close(), db.close()]);
  await Promise.all([postgres[Symbol.asyncDispose](), nats[Symbol.asyncDispose]()]);
}, 30_000);

beforeEach(async () => {
  await postgres.query('truncate key_metadata.items, key_metadata.idempotency, key_metadata.audit_outbox');
  await clearAuditStreams(auditor);
});

async function change(token: string, id = 'a'): Promise<string> {
  return Buffer.from(await writer.change(repeatable(token), raise(id))).toString();
}

async function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => (isTrentError(error) ? error.code : error),
  );
}

async function logged(): Promise<{ sequence: bigint; id: string; version: bigint }[]> {
  return (
    await db.query<{ sequence: bigint; id: string; version: bigint }>('select sequence, id, version from change_log order by sequence')
  ).rows;
}

async function waitingRecords(): Promise<number> {
  const { rows } = await db.query<{ n: number }>('select count(*)::int as n from audit_outbox where relayed_at is null');
  return rows[0]?.n ?? -1;
}

describe('one change', () => {
  test('is made, logged and recorded when it is answered', async () => {
    expect(await change('one')).toBe('1');
    expect((await db.query('select id, version from items')).rows).toEqual([{ id: 'a', version: 1n }]);
    expect((await logged()).at(-1)).toMatchObject({ id: 'a', version: 1n });
    const [record] = await recordsIn(auditor);
    expect(record).toMatchObject({ publisher: 'outbox.key_metadata', records: [{ eventID: 'a:1' }] });
  });

  test('that fails in its work changes nothing, and the error comes out as it is', async () => {
    const before = (await logged()).length;
    const reason = new Error('not so');
    expect(await refusal(writer.change(repeatable('fails'), async (tx) => raise('a')(tx).then(() => Promise.reject(reason))))).toBe(reason);
    expect((await db.query('select * from items')).rows).toEqual([]);
    expect((await logged()).length).toBe(before);
    expect(await change('fails')).toBe('1');
  });

  test('of a feed that the writer does not serve is refused before it is made', async () => {
    const call = writer.change({}, async (tx) => {
      const outcome = await raise('a')(tx);
      return { ...outcome, changes: [{ feed: 'keys.elsewhere', kind: 'item', id: 'a', version: 1n, barrier: true }] };
    });
    await expect(call).rejects.toThrow('does not serve the feed keys.elsewhere');
    expect((await db.query('select * from items')).rows).toEqual([]);
  });

  test('that touches no view needs no place in the log', async () => {
    const before = (await logged()).length;
    await writer.change({}, async (tx) => ({ ...(await raise('a')(tx)), changes: [] }));
    expect((await logged()).length).toBe(before);
    expect(await recordsIn(auditor)).toHaveLength(1);
  });

  test('may change several things: they are numbered in order, and their records keep their order', async () => {
    const outcome = {
      answer: Buffer.alloc(0),
      changes: ['x', 'y', 'z'].map((id) => ({ feed: FEED, kind: 'item', id, version: 7n, barrier: true })),
      audit: ['x', 'y', 'z'].map((id) => ({ region: REGION, record: JSON.stringify({ eventID: id }) })),
    };
    await writer.change({}, () => Promise.resolve(outcome));
    const last = (await logged()).slice(-3);
    expect(last.map(({ id }) => id)).toEqual(['x', 'y', 'z']);
    expect((last[2]?.sequence ?? 0n) - (last[0]?.sequence ?? 0n)).toBe(2n);
    const records = (await recordsIn(auditor)).sort((a, b) => Number(a.batch) - Number(b.batch));
    expect(records.flatMap(({ records: own }) => own.map(({ eventID }) => eventID))).toEqual(['x', 'y', 'z']);
  });
});

describe('idempotency', () => {
  test('a repeat gets the stored answer and changes nothing', async () => {
    expect([await change('again'), await change('again'), await change('again')]).toEqual(['1', '1', '1']);
    expect((await db.query('select version from items')).rows).toEqual([{ version: 1n }]);
    expect(await recordsIn(auditor)).toHaveLength(1);
  });

  test('concurrent duplicates wait for the first and get its answer', async () => {
    const tokens = Array.from({ length: 20 }, (_, i) => `token-${String(i)}`);
    const calls = tokens.flatMap((token) => Array.from({ length: 5 }, async () => ({ token, answer: await change(token, 'shared') })));
    const answers = Map.groupBy(await Promise.all(calls), ({ token }) => token);
    for (const own of answers.values()) expect(new Set(own.map(({ answer }) => answer)).size).toBe(1);
    expect(new Set([...answers.values()].map((own) => own[0]?.answer)).size).toBe(20);
    expect((await db.query('select version from items')).rows).toEqual([{ version: 20n }]);
    expect(await recordsIn(auditor)).toHaveLength(20);
  });

  test('a duplicate whose first fails makes the change itself', async () => {
    const gate = Promise.withResolvers<undefined>();
    const started = Promise.withResolvers<undefined>();
    const first = writer.change(repeatable('handed on'), async () => {
      started.resolve(undefined);
      await gate.promise;
      throw new Error('first fails');
    });
    const outcome = refusal(first);
    await started.promise;
    const second = change('handed on');
    gate.resolve(undefined);
    expect(await outcome).toMatchObject({ message: 'first fails' });
    expect(await second).toBe('1');
  });

  test('the same token with another input, principal or operation is another call', async () => {
    const { idempotency } = repeatable('shared token');
    if (idempotency === undefined) throw new Error('no key');
    const others = [
      idempotency,
      { ...idempotency, inputDigest: createHash('sha256').update('other').digest() },
      { ...idempotency, principal: 'arn:aws:iam::222222222222:root' },
      { ...idempotency, operation: 'test.Other' },
    ];
    const answers: string[] = [];
    for (const key of others) answers.push(Buffer.from(await writer.change({ idempotency: key }, raise('a'))).toString());
    expect(answers).toEqual(['1', '2', '3', '4']);
  });
});

describe('order', () => {
  test('the log of concurrent changes by two writers has no gap, and versions of a thing rise with its sequences', async () => {
    const other = await openItemWriter(db, connection, Number.NEGATIVE_INFINITY);
    const before = (await logged()).at(-1)?.sequence ?? 0n;
    const calls = Array.from({ length: 200 }, async (_, i) =>
      (i % 2 === 0 ? writer : other).change({ deadline: performance.now() + 20_000 }, raise(`k${String(i % 7)}`)),
    );
    try {
      await Promise.all(calls);
    } finally {
      await other.close();
    }
    const rows = (await logged()).filter(({ sequence }) => sequence > before);
    expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 200 }, (_, i) => before + BigInt(i) + 1n));
    for (const own of Map.groupBy(rows, ({ id }) => id).values()) {
      expect(own.map(({ version }) => version)).toEqual(own.map((_, i) => BigInt(i) + 1n));
    }
  }, 30_000);
});

describe('records', () => {
  test('a change whose record is not acknowledged fails retryably; it stands, and its repeat is answered once the record is', async () => {
    await (await jetstreamManager(auditor)).streams.info('AUDIT_us-east-1_0');
    for (const process of nats.processes) process.signal('SIGSTOP');
    try {
      expect(await refusal(writer.change(repeatable('unrecorded', 700), raise('a')))).toBe('KMSInternalException');
      expect((await db.query('select version from items')).rows).toEqual([{ version: 1n }]);
      expect(await refusal(writer.change(repeatable('unrecorded', 400), raise('a')))).toBe('KMSInternalException');
    } finally {
      for (const process of nats.processes) process.signal('SIGCONT');
    }
    expect(await change('unrecorded')).toBe('1');
    const records = (await recordsIn(auditor)).flatMap(({ records: own }) => own.map(({ eventID }) => eventID));
    expect(new Set(records)).toEqual(new Set(['a:1']));
    await waitUntil('the outbox is empty', 10_000, async () => (await waitingRecords()) === 0 || 'records wait');
  }, 30_000);

  test('rows left behind are relayed by whoever sweeps', async () => {
    const record = JSON.stringify({ eventID: 'left behind' });
    await db.query("insert into audit_outbox (region, record, at) values ($1, $2, clock_timestamp() - interval '1 minute')", [
      REGION,
      record,
    ]);
    await waitUntil('the row is relayed', 10_000, async () => (await waitingRecords()) === 0 || 'it waits');
    expect((await recordsIn(auditor)).flatMap(({ records }) => records)).toEqual([{ eventID: 'left behind' }]);
  }, 15_000);
});

describe('renewals', () => {
  const ask = (given: {
    applied?: bigint;
    fromHead?: boolean;
    maxChanges?: number;
    follower?: string;
  }): ReturnType<ChangeWriter['renew']> =>
    writer.renew({ name: FEED, follower: 'f', applied: 0n, maxChanges: 100, fromHead: false, ...given });

  beforeEach(async () => {
    await postgres.query('truncate key_metadata.change_log, key_metadata.feed_leases');
  });

  async function addChanges(count: number): Promise<bigint> {
    for (let i = 0; i < count; i++) await writer.change({}, raise('r', { barrier: false }));
    return (await logged()).at(-1)?.sequence ?? 0n;
  }

  test('write the lease and tell what was missed, in pages', async () => {
    const head = await addChanges(5);
    const first = await ask({ applied: head - 5n, maxChanges: 3 });
    expect(first).toMatchObject({ head, more: true, reset: false, provisional: false, leaseMs: 2_000 });
    expect(first.changes.map(({ sequence }) => sequence)).toEqual([head - 4n, head - 3n, head - 2n]);
    const second = await ask({ applied: head - 2n, maxChanges: 3 });
    expect(second).toMatchObject({ more: false });
    expect(second.changes).toHaveLength(2);
    expect((await db.query('select follower, renewals, applied from feed_leases')).rows).toEqual([
      { follower: 'f', renewals: 2n, applied: head - 2n },
    ]);
  });

  test('tell a follower that starts the head and the last seconds', async () => {
    const head = await addChanges(3);
    await postgres.query("update key_metadata.change_log set at = at - interval '1 minute' where sequence < $1", [String(head)]);
    const response = await ask({ fromHead: true });
    expect(response).toMatchObject({ head, more: false, reset: false });
    expect(response.changes.map(({ sequence }) => sequence)).toEqual([head]);
    expect(response.sealKey).toHaveLength(32);
  });

  test('send a follower back to the start when what it lacks is gone, or when it is ahead of the feed', async () => {
    const head = await addChanges(3);
    await postgres.query('delete from key_metadata.change_log where sequence < $1', [String(head)]);
    expect(await ask({ applied: head - 3n })).toMatchObject({ reset: true });
    expect(await ask({ applied: head + 1n })).toMatchObject({ reset: true });
    expect(await ask({ applied: head - 1n })).toMatchObject({ reset: false });
    expect(await ask({ applied: head })).toMatchObject({ reset: false, changes: [] });
  });

  test('of a feed that is not served are refused', async () => {
    expect(await refusal(writer.renew({ name: 'keys.elsewhere', follower: 'f', applied: 0n, maxChanges: 1, fromHead: true }))).toBe(
      'ValidationException',
    );
  });

  test('that stop leave a lease that is removed, and that no change waits for any more', async () => {
    await ask({ fromHead: true, follower: 'gone' });
    await waitUntil(
      'the lease is removed',
      10_000,
      async () => (await db.query('select * from feed_leases')).rowCount === 0 || 'it is there',
    );
    const startMs = performance.now();
    await writer.change({}, raise('r'));
    expect(performance.now() - startMs).toBeLessThan(1_500);
  }, 20_000);

  test('that stop hold a change back for as long as their lease lives', async () => {
    await ask({ fromHead: true, follower: 'silent' });
    const startMs = performance.now();
    await writer.change({ deadline: startMs + 10_000 }, raise('r'));
    expect(performance.now() - startMs).toBeGreaterThan(1_900);
  }, 20_000);
});

describe('without Postgres', () => {
  test('a change is refused with DependencyTimeoutException, and works again by itself', async () => {
    await postgres.process.kill();
    expect(await refusal(change('down'))).toBe('DependencyTimeoutException');
    await postgres.process.start();
    expect(await change('down')).toBe('1');
  }, 60_000);
});
