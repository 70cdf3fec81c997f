import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@trent/bootstrap';
import { followFeed, type Follower, type FollowOptions } from './follow-feed.ts';
import { APPLIED_FOR_EVER, decodeConfirm, encodeChanges, type Change, type RenewRequest, type RenewResponse } from './messages.ts';
import { sealKeyOf } from './seal.ts';

const KEY_BYTES = Buffer.alloc(32, 7);
const KEY = sealKeyOf(KEY_BYTES);
const FEED = 'keys.us-east-1';

/** A NATS of one subscriber, and what was published. */
class Wire {
  readonly confirmed: bigint[] = [];
  hear: (data: Uint8Array) => void = () => undefined;

  readonly nats = {
    subscribe: (_subject: string, options: { callback: (error: null, message: { data: Uint8Array }) => void }) => {
      this.hear = (data) => options.callback(null, { data });
      return { unsubscribe: () => undefined };
    },
    publish: (_subject: string, data: Uint8Array) => {
      const confirm = decodeConfirm(KEY, FEED, data);
      if (confirm !== undefined) this.confirmed.push(confirm.applied);
    },
  } as unknown as FollowOptions<string>['nats'];
}

/** A writer whose log the tests fill. */
class FakeWriter {
  readonly log: Change[] = [];
  readonly asked: (RenewRequest & { writer: string | undefined })[] = [];
  isUp = true;
  isStoreUp: Readonly<Record<string, boolean>> = {};
  leaseMs = 2_000;
  silent: string | undefined;

  add(...sequences: number[]): Change[] {
    const changes = sequences.map((sequence) => ({ sequence: BigInt(sequence), kind: 'key', id: `k${String(sequence)}`, version: 1n }));
    this.log.push(...changes);
    return changes;
  }

  readonly renew = async (request: RenewRequest, writer: string | undefined): Promise<RenewResponse> => {
    this.asked.push({ ...request, writer });
    if (!this.isUp || (writer !== undefined && writer === this.silent)) throw new Error('unreachable');
    const head = BigInt(this.log.length);
    const provisional = this.isStoreUp[writer ?? 'w1'] === false;
    const changes = request.fromHead || provisional ? [] : this.log.filter(({ sequence }) => sequence > request.applied);
    return Promise.resolve({
      head,
      changes,
      more: false,
      provisional,
      leaseMs: this.leaseMs,
      reset: request.applied > head,
      sealKey: KEY_BYTES,
    });
  };
}

let wire: Wire;
let writer: FakeWriter;
let applied: bigint[];
let resets: number;
let follower: Follower | undefined;

beforeEach(() => {
  wire = new Wire();
  writer = new FakeWriter();
  applied = [];
  resets = 0;
});

afterEach(async () => {
  await follower?.close();
});

async function follow(): Promise<Follower> {
  follower = followFeed<string>({
    name: FEED,
    follower: 'policy-a',
    nats: wire.nats,
    renew: writer.renew,
    writers: () => ['w1', 'w2'],
    apply: (changes) => applied.push(...changes.map(({ sequence }) => sequence)),
    onReset: () => (resets += 1),
    log: silentLogger(),
  });
  await follower.ready();
  return follower;
}

async function until(holds: () => boolean, withinMs = 5_000): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!holds() && performance.now() < end) await delay(5);
  return holds();
}

describe('following a feed', () => {
  test('asks twice at the start: what was published before the key was known is fetched at once', async () => {
    await follow();
    expect(await until(() => writer.asked.length >= 2, 500)).toBe(true);
    expect(writer.asked.slice(0, 2).map(({ fromHead }) => fromHead)).toEqual([true, false]);
  });

  test('is one follower a process: the name is made unique', async () => {
    await follow();
    expect(writer.asked[0]?.follower).toMatch(/^policy-a\/[0-9a-f-]{36}$/);
  });

  test('applies what NATS brings and confirms it at once', async () => {
    await follow();
    wire.hear(encodeChanges(KEY, FEED, writer.add(1, 2)));
    expect(applied).toEqual([1n, 2n]);
    expect(await until(() => wire.confirmed.includes(2n), 500)).toBe(true);
  });

  test('asks for what is missing long before the next renewal', async () => {
    await follow();
    await until(() => writer.asked.length >= 2);
    const [, second] = writer.add(1, 2);
    const startMs = performance.now();
    wire.hear(encodeChanges(KEY, FEED, second === undefined ? [] : [second]));
    expect(applied).toEqual([]);
    expect(await until(() => applied.length === 2)).toBe(true);
    expect(performance.now() - startMs).toBeLessThan(550);
    expect(await until(() => wire.confirmed.includes(2n), 500)).toBe(true);
  });

  test('does not ask when a neighbour was only overtaken', async () => {
    await follow();
    await until(() => writer.asked.length >= 2);
    const asked = writer.asked.length;
    const [first, second] = writer.add(1, 2);
    wire.hear(encodeChanges(KEY, FEED, second === undefined ? [] : [second]));
    wire.hear(encodeChanges(KEY, FEED, first === undefined ? [] : [first]));
    expect(applied).toEqual([1n, 2n]);
    await delay(100);
    expect(writer.asked.length).toBe(asked);
  });

  test('ignores what is not sealed with the key of the feed', async () => {
    await follow();
    const forged = encodeChanges(sealKeyOf(Buffer.alloc(32, 9)), FEED, writer.add(1));
    wire.hear(forged);
    wire.hear(Buffer.from('noise'));
    expect(applied).toEqual([]);
  });

  test('drops everything and starts from the head when it has lost track', async () => {
    writer.add(1, 2, 3);
    await follow();
    writer.log.length = 1;
    expect(await until(() => resets === 1)).toBe(true);
    expect(await until(() => follower?.applied() === 1n && follower.isLive())).toBe(true);
  });
});

describe('the lease', () => {
  test('runs out when no writer answers, and comes back by itself', async () => {
    writer.leaseMs = 900;
    const own = await follow();
    writer.isUp = false;
    expect(await until(() => !own.isLive())).toBe(true);
    writer.isUp = true;
    expect(await until(() => own.isLive())).toBe(true);
    expect(own.state().lapses).toBe(1);
  });

  test('is kept when every writer says that the store is out of reach', async () => {
    writer.leaseMs = 1_200;
    const own = await follow();
    writer.isStoreUp = { w1: false, w2: false };
    const before = writer.asked.length;
    await until(() => writer.asked.slice(before).filter(({ writer: at }) => at === 'w2').length >= 3);
    expect(own.isLive()).toBe(true);
  });

  test('is not kept by one writer that cannot reach the store while another is silent', async () => {
    writer.leaseMs = 900;
    const own = await follow();
    writer.isStoreUp = { w1: false };
    writer.silent = 'w2';
    expect(await until(() => !own.isLive())).toBe(true);
  });

  test('ends at once when the follower is closed, and the writers hear that nobody need wait', async () => {
    const own = await follow();
    await own.close();
    expect(own.isLive()).toBe(false);
    expect(wire.confirmed.at(-1)).toBe(APPLIED_FOR_EVER);
  });
});
