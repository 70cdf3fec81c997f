import { trentError } from '@trent/errors';
import { hashOf } from './rendezvous.ts';
import type { BatchItem } from '@trent/stream-batcher';

/** Fast: microseconds at the other side. Slow: key generation, RSA; has a credit of its own, so that it never holds a fast one. */
export type Lane = 'fast' | 'slow';

/** How a call is to be made. */
export interface CallOptions {
  /** Calls with the same text go to the same two endpoints (a key id). */
  readonly affinity: string;
  /** When the result is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** `once`: never sent a second time, since it may have had its effect. */
  readonly repeat: 'safe' | 'once';
  readonly lane: Lane;
  /** Who waits when an endpoint takes no more: accounts take turns. */
  readonly account?: string;
}

/** A batch on its way. It counts as such until its first result has come, or none has for too long. */
export interface SentBatch {
  /** In milliseconds of `performance.now()`. */
  readonly sentAt: number;
  isOut: boolean;
}

/** A call between `call()` and its result. One object a call, no closures: this is the hot path. */
export class PendingCall<Item extends BatchItem, Result> {
  readonly item: Item;
  readonly hash: number;
  readonly deadline: number;
  readonly isSafe: boolean;
  readonly isSlow: boolean;
  readonly account: string;
  /** When it began to wait for an endpoint or for credit. */
  queuedAt: number;
  /** The batch that it left with. */
  batch: SentBatch | undefined;
  attempts = 0;
  settled = false;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: Error) => void;
  readonly #onSettled: () => void;

  constructor(
    item: Item,
    options: CallOptions,
    now: number,
    resolve: (result: Result) => void,
    reject: (error: Error) => void,
    onSettled: () => void,
  ) {
    this.item = item;
    this.hash = hashOf(options.affinity);
    this.deadline = options.deadline;
    this.isSafe = options.repeat === 'safe';
    this.isSlow = options.lane === 'slow';
    this.account = options.account ?? '';
    this.queuedAt = now;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onSettled = onSettled;
  }

  /** Gives the result, unless the caller has been told otherwise. */
  succeed(result: Result): void {
    if (this.settled) return;
    this.settled = true;
    this.#onSettled();
    this.#resolve(result);
  }

  /** Says that there will be no result. */
  fail(error: Error): void {
    if (this.settled) return;
    this.settled = true;
    this.#onSettled();
    this.#reject(error);
  }

  /** Fails when the deadline has passed; true when it has. */
  expire(now: number): boolean {
    if (now < this.deadline) return false;
    this.fail(trentError('DependencyTimeoutException'));
    return true;
  }
}
