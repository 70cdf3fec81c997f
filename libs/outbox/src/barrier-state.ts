import { APPLIED_FOR_EVER } from '@trent/feed';
import { HOLD_MS } from './lease-terms.ts';

/** A row of feed_leases. */
export interface LeaseRow {
  readonly follower: string;
  readonly renewals: bigint;
  readonly applied: bigint;
}

/** One change waiting for its followers. */
export interface Wait {
  readonly sequence: bigint;
  /** A moment after the commit. */
  readonly committedAtMs: number;
  /** Followers that have not confirmed; undefined when the leases could not be read, so that any may be missing. */
  readonly pending: Set<string> | undefined;
  /** Not over before, whoever confirms. */
  readonly notBeforeMs: number;
  /** Over at the latest: no lease that counted before the change counts any more. */
  readonly untilMs: number;
}

/** Confirms of followers without a row are forgotten after this. */
const FORGET_CONFIRMS_MS = 60_000;

/**
 * Who must confirm what before a change of one feed is answered. It knows no clock and no network: times come in, on one monotonic scale.
 *
 * INVARIANT: when a wait is over, every replica that may still use what it holds has applied the change. Because:
 * - A lease is written and committed before the head is read for its follower (renewals.ts), and leases are read after the change is
 *   committed. So either the lease is seen here, or its follower was told of the change and may not count the lease before applying it.
 * - A lease counts for LEASE_MS from the sending of its request, hence not after `HOLD_MS` from any later moment.
 * - Provisional leases, granted while the store was out of reach, are remembered; every writer grants or none counts. A writer that
 *   starts has forgotten those of its former self, so nothing is over before HOLD_MS after its start.
 */
export class BarrierState {
  readonly #startedAtMs: number;
  readonly #confirms = new Map<string, { applied: bigint; atMs: number }>();
  readonly #provisional = new Map<string, number>();
  readonly #watched = new Map<string, { renewals: bigint; sinceMs: number; isDead: boolean }>();

  /** @param startedAtMs when this process started */
  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  /** A follower says how far it is. */
  confirm(follower: string, applied: bigint, nowMs: number): void {
    const known = this.#confirms.get(follower);
    const furthest = known !== undefined && known.applied > applied ? known.applied : applied;
    this.#confirms.set(follower, { applied: furthest, atMs: nowMs });
  }

  /** A provisional lease is about to be granted. */
  grantProvisional(follower: string, nowMs: number): void {
    this.#provisional.set(follower, nowMs + HOLD_MS);
  }

  /**
   * Takes a reading of all leases. A lease is dead when its renewals stood still for HOLD_MS between two readings.
   * @returns rows that nobody needs to wait for any more
   */
  observe(rows: readonly LeaseRow[], askedAtMs: number, receivedAtMs: number): LeaseRow[] {
    const present = new Set(rows.map(({ follower }) => follower));
    for (const follower of this.#watched.keys()) if (!present.has(follower)) this.#watched.delete(follower);
    this.#forget(present, receivedAtMs);
    return rows.filter((row) => this.#watch(row, askedAtMs, receivedAtMs));
  }

  /**
   * Opens the wait for a change.
   * @param rows leases as read after its commit; undefined when they could not be read
   * @param committedAtMs a moment after its commit
   */
  open(sequence: bigint, rows: readonly LeaseRow[] | undefined, committedAtMs: number): Wait {
    const notBeforeMs = this.#startedAtMs + HOLD_MS;
    const untilMs = Math.max(committedAtMs + HOLD_MS, notBeforeMs);
    if (rows === undefined) return { sequence, committedAtMs, pending: undefined, notBeforeMs, untilMs };
    const pending = new Set<string>();
    for (const row of rows) if (!this.#isDead(row) && row.applied < sequence) pending.add(row.follower);
    for (const [follower, endMs] of this.#provisional) if (endMs > committedAtMs) pending.add(follower);
    for (const follower of pending) if (this.#hasConfirmed(follower, sequence)) pending.delete(follower);
    return { sequence, committedAtMs, pending, notBeforeMs, untilMs };
  }

  /** Takes off an open wait whom it need not wait for any more. */
  review(wait: Wait): void {
    for (const follower of wait.pending ?? []) if (this.#hasConfirmed(follower, wait.sequence)) wait.pending?.delete(follower);
  }

  /** The same by a reading of all leases that was asked for at `askedAtMs`: by what their rows say, and by rows that are gone. */
  reviewWith(wait: Wait, rows: readonly LeaseRow[], askedAtMs: number): void {
    const leases = new Map(rows.map((row) => [row.follower, row]));
    for (const follower of wait.pending ?? []) {
      const row = leases.get(follower);
      if (row === undefined ? this.#isGone(follower, wait, askedAtMs) : this.#isDead(row) || row.applied >= wait.sequence) {
        wait.pending?.delete(follower);
      }
    }
  }

  /** Whether the change may be answered. */
  isOver(wait: Wait, nowMs: number): boolean {
    if (nowMs >= wait.untilMs) return true;
    return wait.pending?.size === 0 && nowMs >= wait.notBeforeMs;
  }

  #hasConfirmed(follower: string, sequence: bigint): boolean {
    return (this.#confirms.get(follower)?.applied ?? 0n) >= sequence;
  }

  /** A lease that is absent after the commit was removed as dead, or is newer than the change; provisional ones have no row. */
  #isGone(follower: string, wait: Wait, askedAtMs: number): boolean {
    return askedAtMs >= wait.committedAtMs && !this.#provisional.has(follower);
  }

  #isDead(row: LeaseRow): boolean {
    const watched = this.#watched.get(row.follower);
    return watched?.isDead === true && watched.renewals === row.renewals;
  }

  #watch(row: LeaseRow, askedAtMs: number, receivedAtMs: number): boolean {
    const watched = this.#watched.get(row.follower);
    if (watched?.renewals !== row.renewals) {
      this.#watched.set(row.follower, { renewals: row.renewals, sinceMs: receivedAtMs, isDead: false });
      return this.#hasConfirmed(row.follower, APPLIED_FOR_EVER);
    }
    if (askedAtMs - watched.sinceMs >= HOLD_MS) watched.isDead = true;
    return watched.isDead || this.#hasConfirmed(row.follower, APPLIED_FOR_EVER);
  }

  #forget(present: ReadonlySet<string>, nowMs: number): void {
    for (const [follower, endMs] of this.#provisional) if (endMs <= nowMs) this.#provisional.delete(follower);
    for (const [follower, { atMs }] of this.#confirms) {
      if (!present.has(follower) && nowMs - atMs > FORGET_CONFIRMS_MS) this.#confirms.delete(follower);
    }
  }
}
