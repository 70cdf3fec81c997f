/**
 * P7 on a model: two writers, three followers, a store and a network whose steps happen in any order, at any time, or never.
 * The state machines are the real ones; the store's and the network's steps are cut as finely as the real ones can be interrupted.
 */
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { FollowerState, type Change, type RenewResponse } from '@trent/feed';
import { BarrierState, type LeaseRow, type Wait } from './barrier-state.ts';
import { LEASE_MS } from './lease-terms.ts';
import { RecentChanges } from './recent-changes.ts';

const WRITERS = 2;
const FOLLOWERS = 3;
/** Changes a page, so that followers are behind at times. */
const PAGE = 2;
/** Steps under way; of more the oldest are lost, as messages are. */
const MAX_UNDER_WAY = 10;

/** What happens how often. */
const WEIGHTS = [
  ...Array.from({ length: 9 }, () => 'step' as const),
  ...Array.from({ length: 4 }, () => 'renew' as const),
  ...(['pass time', 'change', 'change', 'round', 'hear', 'hear', 'confirm', 'confirm', 'confirm', 'observe', 'store', 'restart'] as const),
];

interface ModelWriter {
  barrier: BarrierState;
  recent: RecentChanges;
  waits: { wait: Wait | undefined; sequence: bigint; committedAtMs: number }[];
}

interface ModelFollower {
  readonly name: string;
  readonly state: FollowerState;
  /** Changes that NATS has not brought yet; they may come in any order, or never. */
  readonly inbox: Change[];
  /** What was really applied, and from where on it counts: the cache was empty then. */
  readonly applied: Set<bigint>;
  base: bigint;
}

/** A step that something under way may take next; it returns the step after it. */
type Step = () => Step | undefined;

class World {
  nowMs = 1_000;
  isStoreUp = true;
  readonly answered = new Set<bigint>();
  readonly #log: Change[] = [];
  readonly #leases = new Map<string, { renewals: bigint; applied: bigint }>();
  readonly #writers: ModelWriter[] = [];
  readonly #followers: ModelFollower[] = [];
  readonly #confirms: { name: string; applied: bigint }[] = [];
  #underWay: Step[] = [];

  constructor() {
    for (let i = 0; i < WRITERS; i++) this.#writers.push(this.#bornWriter(Number.NEGATIVE_INFINITY));
    for (let i = 0; i < FOLLOWERS; i++) {
      const applied = new Set<bigint>();
      const apply = (changes: Change[]): void => changes.forEach(({ sequence }) => applied.add(sequence));
      const state = new FollowerState({ apply, onReset: () => undefined });
      this.#followers.push({ name: `follower-${String(i)}`, state, inbox: [], applied, base: 0n });
    }
  }

  /** One random step. */
  act(kind: number, pick: number): void {
    const writer = this.#writers[pick % WRITERS] as ModelWriter;
    const follower = this.#followers[pick % FOLLOWERS] as ModelFollower;
    switch (WEIGHTS[kind % WEIGHTS.length] ?? 'step') {
      case 'pass time':
        this.nowMs += (pick % 20) ** 2 * 2;
        break;
      case 'change':
        this.#change(writer);
        break;
      case 'renew':
        this.#beginRenewal(follower, writer);
        break;
      case 'round':
        this.#beginRound(follower);
        break;
      case 'step':
        for (let i = 0; i <= pick % 5; i++) this.#advance(pick * (i + 1));
        break;
      case 'hear':
        this.#hear(follower, pick);
        break;
      case 'confirm':
        this.#deliverConfirm(writer, pick);
        break;
      case 'observe':
        this.#observe(writer);
        break;
      case 'store':
        this.isStoreUp = pick % 3 !== 0;
        break;
      case 'restart':
        if (pick % 4 === 0) this.#restart(pick % WRITERS);
        break;
    }
    this.#answerWhatIsOver();
  }

  /** Followers that may use what they hold though they have not applied what was answered. */
  stale(): string[] {
    const missing = ({ base, applied }: ModelFollower): boolean =>
      [...this.answered].some((sequence) => sequence > base && !applied.has(sequence));
    return this.#followers.filter((follower) => follower.state.isLive(this.nowMs) && missing(follower)).map(({ name }) => name);
  }

  #bornWriter(startedAtMs: number): ModelWriter {
    return { barrier: new BarrierState(startedAtMs), recent: new RecentChanges(Buffer.alloc(32), BigInt(this.#log.length)), waits: [] };
  }

  #rows(): LeaseRow[] {
    return [...this.#leases].map(([follower, lease]) => ({ follower, ...lease }));
  }

  /** The change is committed; its process hears of it, and reads the leases, in steps of their own. */
  #change(writer: ModelWriter): void {
    if (!this.isStoreUp) return;
    const change: Change = { sequence: BigInt(this.#log.length) + 1n, kind: 'item', id: 'x', version: 1n };
    this.#log.push(change);
    this.#underWay.push(() => {
      writer.recent.add([change]);
      for (const { inbox } of this.#followers) inbox.push(change);
      const entry = { wait: undefined as Wait | undefined, sequence: change.sequence, committedAtMs: this.nowMs };
      writer.waits.push(entry);
      return () => {
        entry.wait = writer.barrier.open(entry.sequence, this.isStoreUp ? this.#rows() : undefined, entry.committedAtMs);
        return undefined;
      };
    });
  }

  /** Sent; lease committed; page read; answer taken: four steps. */
  #beginRenewal(follower: ModelFollower, writer: ModelWriter): void {
    const sentAtMs = this.nowMs;
    const fromHead = !follower.state.isStarted;
    this.#underWay.push(
      this.#renewal(follower, writer, fromHead, (response) => {
        this.#take(follower, response, sentAtMs, fromHead);
      }),
    );
  }

  #take(follower: ModelFollower, response: RenewResponse, sentAtMs: number, fromHead: boolean): void {
    const isStart = fromHead && !follower.state.isStarted && !response.provisional;
    if (isStart) follower.base = (response.changes[0]?.sequence ?? response.head + 1n) - 1n;
    follower.state.answer(response, sentAtMs, fromHead);
    this.#confirm(follower);
  }

  #renewal(follower: ModelFollower, writer: ModelWriter, fromHead: boolean, take: (response: RenewResponse) => void): Step {
    const { name, state } = follower;
    const { applied } = state;
    const answer =
      (response: RenewResponse): Step =>
      () => {
        take(response);
        return undefined;
      };
    const provisional: Step = () => {
      writer.barrier.grantProvisional(name, this.nowMs);
      const changes = fromHead ? [] : writer.recent.after(applied, 100);
      return answer(responseOf({ head: writer.recent.head, changes, provisional: true }));
    };
    return () => {
      writer.barrier.confirm(name, applied, this.nowMs);
      if (!this.isStoreUp) return provisional;
      this.#leases.set(name, { renewals: (this.#leases.get(name)?.renewals ?? 0n) + 1n, applied });
      return () => {
        if (!this.isStoreUp) return provisional;
        const head = BigInt(this.#log.length);
        writer.recent.noteHead(head);
        const newer = this.#log.filter(({ sequence }) => sequence > (fromHead ? head - 2n : applied));
        return answer(responseOf({ head, changes: newer.slice(0, PAGE) }));
      };
    };
  }

  #beginRound(follower: ModelFollower): void {
    const sentAtMs = this.nowMs;
    const fromHead = !follower.state.isStarted;
    const responses: RenewResponse[] = [];
    for (const writer of this.#writers) {
      this.#underWay.push(
        this.#renewal(follower, writer, fromHead, (response) => {
          this.#take(follower, response, sentAtMs, fromHead);
          responses.push(response);
          if (responses.length === WRITERS) follower.state.answerRound(responses, sentAtMs);
        }),
      );
    }
  }

  #advance(pick: number): void {
    if (this.#underWay.length === 0) return;
    const [step] = this.#underWay.splice(pick % this.#underWay.length, 1);
    const next = step?.();
    if (next !== undefined) this.#underWay.push(next);
    this.#underWay = this.#underWay.slice(-MAX_UNDER_WAY);
  }

  #hear(follower: ModelFollower, pick: number): void {
    const [change] = follower.inbox.splice(pick % Math.max(1, follower.inbox.length), 1);
    if (change !== undefined && follower.state.take([change])) this.#confirm(follower);
  }

  #confirm({ name, state }: ModelFollower): void {
    this.#confirms.push({ name, applied: state.applied });
  }

  #deliverConfirm(writer: ModelWriter, pick: number): void {
    const confirm = this.#confirms[pick % Math.max(1, this.#confirms.length)];
    if (confirm !== undefined) writer.barrier.confirm(confirm.name, confirm.applied, this.nowMs);
    if (this.#confirms.length > MAX_UNDER_WAY) this.#confirms.shift();
  }

  #observe(writer: ModelWriter): void {
    if (!this.isStoreUp) return;
    for (const { follower } of writer.barrier.observe(this.#rows(), this.nowMs, this.nowMs)) this.#leases.delete(follower);
    for (const { wait } of writer.waits) if (wait !== undefined) writer.barrier.reviewWith(wait, this.#rows(), this.nowMs);
  }

  /** What it had under way is lost with it; its changes are never answered. */
  #restart(index: number): void {
    if (this.isStoreUp) this.#writers[index] = this.#bornWriter(this.nowMs);
  }

  #answerWhatIsOver(): void {
    for (const writer of this.#writers) {
      writer.waits = writer.waits.filter(({ wait, sequence }) => {
        if (wait === undefined) return true;
        writer.barrier.review(wait);
        const isOver = writer.barrier.isOver(wait, this.nowMs);
        if (isOver) this.answered.add(sequence);
        return !isOver;
      });
    }
  }
}

function responseOf(given: Pick<RenewResponse, 'head' | 'changes'> & Partial<RenewResponse>): RenewResponse {
  return { more: false, provisional: false, leaseMs: LEASE_MS, reset: false, sealKey: Buffer.alloc(32), ...given };
}

describe('P7 on a model', () => {
  test('whatever happens in whatever order, no replica with a live lease has missed an answered change', () => {
    const steps = fc.array(fc.tuple(fc.nat(WEIGHTS.length - 1), fc.nat(1_000)), { minLength: 50, maxLength: 400, size: 'max' });
    let answered = 0;
    fc.assert(
      fc.property(steps, (walk) => {
        const world = new World();
        for (const [kind, pick] of walk) {
          world.act(kind, pick);
          if (world.stale().length > 0) throw new Error(`stale: ${world.stale().join(', ')}`);
        }
        answered += world.answered.size;
      }),
      { numRuns: 1_000 },
    );
    expect(answered).toBeGreaterThan(1_000);
  }, 60_000);
});
