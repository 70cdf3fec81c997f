/** P7: effective when answered. Two writers and three followers as processes, on real Postgres and NATS. */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts, startNats, startPostgres, waitUntil, type TestNats, type TestPostgres } from '@trent/local-cluster';
import type { Database } from '@trent/postgres';
import { makeAuditStreams } from './support/audit-streams.ts';
import { Child, type Reply } from './support/child.ts';
import { connectTo, migrateItems, openItems } from './support/item-service.ts';
import { Valve } from './support/valve.ts';

const ITEMS = 25;
const CONCURRENCY = 8;

let postgres: TestPostgres;
let nats: TestNats;
let auditor: NatsConnection;
let db: Database;
let valve: Valve;
let natsServer: string;
let ports: number[];
let writers: Child[] = [];
let followers: Child[] = [];

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  await migrateItems(postgres.as('key_metadata'));
  db = openItems(postgres.as('key_metadata'));
  natsServer = nats.servers[0] ?? '';
  auditor = await connectTo({ server: natsServer, ...nats.as('audit-ingest') });
  await makeAuditStreams(auditor);
  valve = new Valve(Number(natsServer.split(':')[1]));
  ports = await freePorts(2);
  writers = await Promise.all(ports.map(async (port, i) => startWriter(port, `writer-${String(i)}`)));
  const cuttable = `127.0.0.1:${String(await valve.listen())}`;
  followers = await Promise.all([startFollower('a', natsServer), startFollower('b', natsServer), startFollower('c', cuttable)]);
}, 60_000);

afterAll(async () => {
  await Promise.all([...writers, ...followers].map(async (child) => child.kill()));
  await Promise.all([auditor.close(), db.close(), valve[Symbol.asyncDispose]()]);
  await Promise.all([postgres[Symbol.asyncDispose](), nats[Symbol.asyncDispose]()]);
}, 30_000);

async function startWriter(port: number, name: string): Promise<Child> {
  const access = { server: natsServer, ...nats.as('key-metadata') };
  return new Child('item-writer', { postgres: postgres.as('key_metadata'), nats: access, port, name }).ready();
}

async function startFollower(name: string, server: string): Promise<Child> {
  const access = { server, ...nats.as('policy') };
  return new Child('item-follower', { postgres: postgres.as('key_metadata'), nats: access, writers: ports, name }).ready();
}

/** What was read after an answer. */
interface Tally {
  answered: number;
  fresh: number;
  closed: number;
  dead: number;
  readonly stale: string[];
}

/** One read by a follower that was asked for after `version` was answered. */
async function check(tally: Tally, follower: Child, id: string, version: bigint): Promise<void> {
  const reply: Reply | undefined = await follower.order({ id }).catch(() => undefined);
  if (reply === undefined) tally.dead += 1;
  else if (reply.closed === true) tally.closed += 1;
  else if (BigInt(reply.version ?? '0') >= version) tally.fresh += 1;
  else tally.stale.push(`${id}: ${String(reply.version)} after ${String(version)} was answered`);
}

/** Makes `count` changes side by side, and after each answer reads the item at every follower; reads also run beside the changes, so that caches are warm. */
async function run(count: number, faults: ReadonlyMap<number, () => void> = new Map()): Promise<Tally> {
  const tally: Tally = { answered: 0, fresh: 0, closed: 0, dead: 0, stale: [] };
  const reads: Promise<void>[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      faults.get(n)?.();
      const id = `item-${String(n % ITEMS)}`;
      for (const follower of followers) void follower.order({ id }).catch(() => undefined);
      const { answer, error } = (await writers[n % 2]?.order({ id })) ?? {};
      if (answer === undefined) throw new Error(`change ${String(n)}: ${String(error)}`);
      tally.answered += 1;
      reads.push(...followers.map(async (follower) => check(tally, follower, id, BigInt(answer))));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
  for (const follower of followers) follower.signal('SIGCONT');
  await Promise.all(reads);
  return tally;
}

async function stateOf(follower: Child): Promise<NonNullable<Reply['state']>> {
  const { state } = await follower.order({ state: true });
  if (state === undefined) throw new Error('no state');
  return state;
}

async function everybodyLive(): Promise<void> {
  for (const [i, follower] of followers.entries()) {
    await waitUntil(`follower ${String(i)} is live`, 15_000, async () => (await stateOf(follower)).live || 'its lease has run out');
  }
}

describe('P7: a change is obeyed by every replica when it is answered', () => {
  test('with all followers well every read after an answer sees the change', async () => {
    const { answered, dead, stale, fresh } = await run(300);
    expect({ answered, dead, stale }).toEqual({ answered: 300, dead: 0, stale: [] });
    expect(fresh).toBeGreaterThan(800);
    expect((await stateOf(followers[0] as Child)).hits).toBeGreaterThan(0);
  }, 60_000);

  test('1,000 changes while one follower is stopped, one killed and one cut from NATS: no read after an answer is stale', async () => {
    const [a, b] = followers as [Child, Child];
    const faults = new Map<number, () => void>([
      [100, () => { a.signal('SIGSTOP'); }],
      [150, () => { a.signal('SIGCONT'); }],
      [300, () => { void b.kill().then(async () => (followers[1] = await startFollower('b', natsServer))); }],
      [450, () => { valve.shut(); }],
      [550, () => { valve.open(); }],
      [700, () => { a.signal('SIGSTOP'); void delay(700).then(() => { a.signal('SIGCONT'); }); }],
      [800, () => { valve.shut(); a.signal('SIGSTOP'); }],
      [900, () => { valve.open(); }],
    ]);
    const tally = await run(1_000, faults);
    expect(tally.stale).toEqual([]);
    expect(tally.answered).toBe(1_000);
    expect(tally.fresh).toBeGreaterThan(1_500);
    await everybodyLive();
  }, 120_000);
});
