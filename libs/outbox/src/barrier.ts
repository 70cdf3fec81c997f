import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '@trent/errors';
import { BarrierState, type Wait } from './barrier-state.ts';
import type { Leases, Reading } from './leases.ts';

/** How often leases are read while a change waits: `applied` in their rows stands in for confirms that NATS did not bring. */
const POLL_EVERY_MS = 100;

interface OpenWait {
  readonly wait: Wait;
  readonly end: () => void;
}

/** Barrier of one feed: changes wait in it until every replica that holds the feed in view obeys them. */
export class Barrier {
  readonly state: BarrierState;
  readonly #feed: string;
  readonly #leases: Leases;
  readonly #open = new Set<OpenWait>();
  #poll: Promise<void> | undefined;

  constructor(options: { feed: string; leases: Leases; startedAtMs: number }) {
    this.#feed = options.feed;
    this.#leases = options.leases;
    this.state = new BarrierState(options.startedAtMs);
  }

  /** Changes that wait now. */
  get waiting(): number {
    return this.#open.size;
  }

  /** A follower says how far it is. */
  confirm(follower: string, applied: bigint): void {
    const nowMs = performance.now();
    this.state.confirm(follower, applied, nowMs);
    this.#review(nowMs);
  }

  /** Takes a reading of the leases, removes dead ones. */
  async observe(reading: Reading): Promise<void> {
    const dead = this.state.observe(reading.rowsOf(this.#feed), reading.askedAtMs, reading.receivedAtMs);
    if (dead.length > 0) await this.#leases.remove(this.#feed, dead);
  }

  /**
   * Resolves when every replica that may use what it holds has applied `sequence`; at most HOLD_MS after the call.
   * @throws TrentError KMSInternalException (retryable) when that is not so by the deadline
   */
  async pass(sequence: bigint, deadline: number): Promise<void> {
    const committedAtMs = performance.now();
    const reading = await this.#leases.read().catch(() => undefined);
    const wait = this.state.open(sequence, reading?.rowsOf(this.#feed), committedAtMs);
    while (!this.state.isOver(wait, performance.now())) {
      if (performance.now() >= deadline) fail('KMSInternalException', 'The change is made, but not yet known everywhere.');
      await this.#waitFor(wait, deadline);
    }
  }

  async #waitFor(wait: Wait, deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const entry: OpenWait = {
      wait,
      end: () => {
        resolve(undefined);
      },
    };
    const nowMs = performance.now();
    const patienceMs = Math.min(wait.untilMs - nowMs, deadline - performance.now());
    const timers = [setTimeout(entry.end, Math.max(0, Math.ceil(patienceMs)))];
    if (wait.notBeforeMs > nowMs)
      timers.push(
        setTimeout(
          () => {
            this.#review(performance.now());
          },
          Math.ceil(wait.notBeforeMs - nowMs),
        ),
      );
    this.#open.add(entry);
    this.#poll ??= this.#pollWhileOpen();
    await promise;
    this.#open.delete(entry);
    timers.forEach((timer) => {
      clearTimeout(timer);
    });
  }

  #review(nowMs: number, reading?: Reading): void {
    for (const { wait, end } of this.#open) {
      this.state.review(wait);
      if (reading !== undefined) this.state.reviewWith(wait, reading.rowsOf(this.#feed), reading.askedAtMs);
      if (this.state.isOver(wait, nowMs)) end();
    }
  }

  async #pollWhileOpen(): Promise<void> {
    await delay(POLL_EVERY_MS);
    while (this.#open.size > 0) {
      const reading = await this.#leases.read().catch(() => undefined);
      if (reading !== undefined) this.#review(performance.now(), reading);
      await delay(POLL_EVERY_MS);
    }
    this.#poll = undefined;
  }
}
