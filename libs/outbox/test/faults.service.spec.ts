/** What becomes of changes and leases when writers die or Postgres goes away. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { recordsIn } from './support/audit-streams.ts';
import type { Child, Reply } from './support/child.ts';
import { ItemCluster, untilLive } from './support/cluster.ts';

let cluster: ItemCluster;

beforeEach(async () => {
  cluster = await ItemCluster.start(2);
}, 60_000);

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
}, 30_000);

async function count(sql: string): Promise<number> {
  const { rows } = await cluster.db.query<{ n: number }>(`select count(*)::int as n from ${sql}`);
  return rows[0]?.n ?? -1;
}

async function outboxIsEmpty(): Promise<void> {
  await waitUntil(
    'every record is relayed',
    20_000,
    async () => (await count('audit_outbox where relayed_at is null')) === 0 || 'records wait',
  );
}

/** Every event of the trail, with the (publisher, batch) pairs under which it came. */
async function trail(): Promise<Map<string, Set<string>>> {
  const events = new Map<string, Set<string>>();
  for (const { publisher, batch, records } of await recordsIn(cluster.auditor)) {
    for (const { eventID } of records) events.set(eventID, (events.get(eventID) ?? new Set()).add(`${publisher}:${batch}`));
  }
  return events;
}

/** Sends a change as an SDK does: repeats it under its token, at the next writer, until it is answered. */
async function insist(writers: readonly Child[], order: { id: string; token: string }, first: number): Promise<string> {
  for (let attempt = first; attempt < first + 100; attempt++) {
    const reply: Reply | undefined = await writers[attempt % writers.length]?.order({ ...order, deadlineMs: 3_000 }).catch(() => undefined);
    if (reply?.answer !== undefined) return reply.answer;
    await delay(100);
  }
  throw new Error(`${order.token} was never answered`);
}

describe('a writer killed with -9', () => {
  test('between commit and relay: its change stands, another writer relays the record once, a repeat gets the answer', async () => {
    const [doomed, other] = await Promise.all([cluster.writer(0, { throughValve: true }), cluster.writer(1)]);
    cluster.valve.shut();
    const call = doomed.order({ id: 'a', token: 'once' }).catch(() => 'dead');
    await waitUntil(
      'the change is committed',
      10_000,
      async () => (await count('audit_outbox where relayed_at is null')) === 1 || 'not yet',
    );
    await doomed.kill();
    expect(await call).toBe('dead');
    expect((await other.order({ id: 'a', token: 'once' })).answer).toBe('1');
    await outboxIsEmpty();
    expect([...(await trail())]).toEqual([['a:1', new Set(['outbox.key_metadata:1'])]]);
    expect(await count('items where version = 1')).toBe(1);
  }, 60_000);

  test('between commit and relay, and nobody repeats the call: its record is relayed all the same', async () => {
    const [doomed] = await Promise.all([cluster.writer(0, { throughValve: true }), cluster.writer(1)]);
    cluster.valve.shut();
    doomed.order({ id: 'a' }).catch(() => undefined);
    await waitUntil(
      'the change is committed',
      10_000,
      async () => (await count('audit_outbox where relayed_at is null')) === 1 || 'not yet',
    );
    await doomed.kill();
    await outboxIsEmpty();
    expect([...(await trail()).keys()]).toEqual(['a:1']);
  }, 60_000);

  test('again and again under load: every call is answered, every change made once, every record there once', async () => {
    const writers = await Promise.all([cluster.writer(0), cluster.writer(1)]);
    let next = 0;
    const answers = new Map<string, string[]>();
    const client = async (): Promise<void> => {
      for (let n = next++; n < 400; n = next++) {
        const id = `item-${String(n % 10)}`;
        const answer = await insist(writers, { id, token: `t${String(n)}` }, n);
        answers.set(id, [...(answers.get(id) ?? []), answer]);
      }
    };
    const killer = async (): Promise<void> => {
      for (let round = 0; round < 4; round++) {
        await delay(700);
        await writers[round % 2]?.kill();
        writers[round % 2] = await cluster.writer(round % 2);
      }
    };
    await Promise.all([killer(), ...Array.from({ length: 8 }, client)]);
    await outboxIsEmpty();
    const versions = Array.from({ length: 40 }, (_, i) => String(i + 1));
    for (const own of answers.values()) expect(own.sort((a, b) => Number(a) - Number(b))).toEqual(versions);
    const events = await trail();
    expect(events.size).toBe(400);
    expect([...events.values()].filter((pairs) => pairs.size !== 1)).toEqual([]);
  }, 120_000);
});

describe('Postgres out of reach', () => {
  test('followers keep their leases while every writer says so, lose them when one writer is silent, and get them back', async () => {
    const [, second] = await Promise.all([cluster.writer(0), cluster.writer(1)]);
    const follower = await cluster.follower('a');
    await second.order({ id: 'x' });
    expect((await follower.order({ id: 'x' })).version).toBe('1');
    await cluster.postgres.process.kill();
    await delay(5_000);
    await untilLive(follower);
    expect((await follower.order({ id: 'x' })).version).toBe('1');
    second.signal('SIGSTOP');
    await untilLive(follower, false);
    expect((await follower.order({ id: 'x' })).closed).toBe(true);
    second.signal('SIGCONT');
    await untilLive(follower);
    await cluster.postgres.process.start();
    await waitUntil('changes are made again', 10_000, async () => (await second.order({ id: 'x' })).answer !== undefined || 'refused');
    const version = (await second.order({ id: 'x' })).answer;
    expect((await follower.order({ id: 'x' })).version).toBe(version);
  }, 60_000);

  test('a change made right after waits for leases that were granted without Postgres', async () => {
    const [, second] = await Promise.all([cluster.writer(0), cluster.writer(1)]);
    const follower = await cluster.follower('a');
    await second.order({ id: 'x' });
    await follower.order({ id: 'x' });
    await cluster.postgres.process.kill();
    await delay(4_000);
    await untilLive(follower);
    follower.signal('SIGSTOP');
    await cluster.postgres.process.start();
    const { answer } = await second.order({ id: 'x', deadlineMs: 10_000 });
    const read = follower.order({ id: 'x' });
    follower.signal('SIGCONT');
    expect(answer).toBe('2');
    expect((await read).version ?? '2').toBe('2');
  }, 60_000);
});
