/** P7: effective when answered. Two writers and three followers as processes, on real Postgres and NATS. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Child, Reply } from './support/child.ts';
import { ItemCluster, stateOf, untilLive } from './support/cluster.ts';

const ITEMS = 25;
const CONCURRENCY = 8;

let cluster: ItemCluster;
let writers: Child[] = [];
let followers: Child[] = [];

beforeAll(async () => {
  cluster = await ItemCluster.start(2);
  writers = await Promise.all([cluster.writer(0), cluster.writer(1)]);
  followers = await Promise.all([cluster.follower('a'), cluster.follower('b'), cluster.follower('c', { throughValve: true })]);
}, 60_000);

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
}, 30_000);

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
      [
        100,
        () => {
          a.signal('SIGSTOP');
        },
      ],
      [
        150,
        () => {
          a.signal('SIGCONT');
        },
      ],
      [
        300,
        () => {
          void b.kill().then(async () => (followers[1] = await cluster.follower('b')));
        },
      ],
      [
        450,
        () => {
          cluster.valve.shut();
        },
      ],
      [
        550,
        () => {
          cluster.valve.open();
        },
      ],
      [
        700,
        () => {
          a.signal('SIGSTOP');
          void delay(700).then(() => {
            a.signal('SIGCONT');
          });
        },
      ],
      [
        800,
        () => {
          cluster.valve.shut();
          a.signal('SIGSTOP');
        },
      ],
      [
        900,
        () => {
          cluster.valve.open();
        },
      ],
    ]);
    const tally = await run(1_000, faults);
    expect(tally.stale).toEqual([]);
    expect(tally.answered).toBe(1_000);
    expect(tally.fresh).toBeGreaterThan(1_500);
    for (const follower of followers) await untilLive(follower);
  }, 120_000);
});
