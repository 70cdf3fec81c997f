import type { Change, RenewResponse } from './messages.ts';

/** Changes that came before their predecessors and wait for them, at most: one page of a renewal brings the rest. */
const MAX_EARLY = 4_096;

/** What an answer to Renew means for the next step. */
export type Standing =
  /** Up to date: the lease counts. */
  | 'live'
  /** More changes are to be fetched before a lease counts. */
  | 'behind'
  /** This writer cannot reach its store: all of them must say so. */
  | 'provisional'
  /** What was held is dropped: start again from the head. */
  | 'reset';

/** What the follower does with changes; both must not throw and must have taken effect when they return. */
export interface FollowerSinks {
  readonly apply: (changes: Change[]) => void;
  readonly onReset: () => void;
}

/**
 * How far a follower is and how long its lease runs. It knows no clock and no network: times come in, on one monotonic scale.
 *
 * INVARIANT: `isLive` only while every change that a writer may have answered has been applied here. A lease counts from the moment its
 * request was SENT, so it ends here before it ends at the writer; and only if everything up to the head of that answer is applied.
 */
export class FollowerState {
  readonly #sinks: FollowerSinks;
  #applied = 0n;
  #isStarted = false;
  #isClosed = false;
  #liveUntilMs = Number.NEGATIVE_INFINITY;
  #early = new Map<bigint, Change>();

  constructor(sinks: FollowerSinks) {
    this.#sinks = sinks;
  }

  /** Sequence up to which everything is applied. */
  get applied(): bigint {
    return this.#applied;
  }

  /** False until the first answer, and after a reset: the next request must ask from the head. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** End of the lease; minus infinity without one. */
  get liveUntilMs(): number {
    return this.#liveUntilMs;
  }

  /** True when a change is known whose predecessor is missing. */
  get hasGap(): boolean {
    return this.#early.size > 0;
  }

  isLive(nowMs: number): boolean {
    return !this.#isClosed && nowMs < this.#liveUntilMs;
  }

  /** Applies what follows on what is applied, keeps what is early, ignores what is known. @returns whether anything was applied */
  take(changes: readonly Change[]): boolean {
    const ready: Change[] = [];
    let next = this.#applied + 1n;
    for (const change of changes) {
      if (this.#isStarted && change.sequence === next) {
        ready.push(change);
        next += 1n;
      } else if (change.sequence >= next && this.#early.size < MAX_EARLY) {
        this.#early.set(change.sequence, change);
      }
    }
    if (this.#isStarted) next = this.#drainEarly(ready, next);
    if (ready.length === 0) return false;
    this.#sinks.apply(ready);
    this.#applied = next - 1n;
    return true;
  }

  /** Takes the answer to a request that was sent at `sentAtMs`; `fromHead`: as the request asked. */
  answer(response: RenewResponse, sentAtMs: number, fromHead: boolean): Standing {
    if (response.provisional) {
      this.take(response.changes);
      return 'provisional';
    }
    if (fromHead === this.#isStarted) return 'behind';
    if (response.reset && !fromHead) return this.reset();
    if (fromHead) this.#start(response);
    this.take(response.changes);
    if (this.#applied < response.head) return 'behind';
    this.#extend(sentAtMs + response.leaseMs);
    return 'live';
  }

  /**
   * A round of provisional answers: no writer can reach the store, so none can change anything before it has heard of this lease.
   * It counts only if every writer said so, and if nothing that one of them knows is missing here.
   */
  answerRound(responses: readonly (RenewResponse | undefined)[], sentAtMs: number): boolean {
    let leaseMs = Number.POSITIVE_INFINITY;
    if (!this.#isStarted || responses.length === 0) return false;
    for (const response of responses) {
      if (response?.provisional !== true || this.#applied < response.head) return false;
      leaseMs = Math.min(leaseMs, response.leaseMs);
    }
    this.#extend(sentAtMs + leaseMs);
    return true;
  }

  /** Drops everything held. */
  reset(): 'reset' {
    this.#liveUntilMs = Number.NEGATIVE_INFINITY;
    this.#isStarted = false;
    this.#applied = 0n;
    this.#early.clear();
    this.#sinks.onReset();
    return 'reset';
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Starts at the head, or at the short past that came with it; what was early and is newer stays. */
  #start(response: RenewResponse): void {
    const first = response.changes[0];
    this.#applied = first === undefined ? response.head : first.sequence - 1n;
    for (const sequence of this.#early.keys()) if (sequence <= this.#applied) this.#early.delete(sequence);
    this.#isStarted = true;
  }

  /** Moves early changes that have become next, drops those that came twice. @returns the sequence that is next then */
  #drainEarly(ready: Change[], from: bigint): bigint {
    let next = from;
    for (const sequence of this.#early.keys()) if (sequence < next) this.#early.delete(sequence);
    for (let change = this.#early.get(next); change !== undefined; change = this.#early.get(next)) {
      this.#early.delete(next);
      ready.push(change);
      next += 1n;
    }
    return next;
  }

  #extend(untilMs: number): void {
    this.#liveUntilMs = Math.max(this.#liveUntilMs, untilMs);
  }
}
