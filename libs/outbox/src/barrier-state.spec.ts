import { beforeEach, describe, expect, test } from '@jest/globals';
import { APPLIED_FOR_EVER } from '@trent/feed';
import { BarrierState, type LeaseRow } from './barrier-state.ts';
import { HOLD_MS } from './lease-terms.ts';

const NOW = 100_000;
let barrier: BarrierState;

beforeEach(() => {
  barrier = new BarrierState(Number.NEGATIVE_INFINITY);
});

function aLease(given: Partial<LeaseRow> = {}): LeaseRow {
  return { follower: 'a', renewals: 1n, applied: 0n, ...given };
}

/** Whether a change of sequence 5, committed now, may be answered now. */
function passes(rows: readonly LeaseRow[] | undefined, nowMs = NOW): boolean {
  return barrier.isOver(barrier.open(5n, rows, nowMs), nowMs);
}

describe('a change', () => {
  test('that nobody holds in view passes at once', () => {
    expect(passes([])).toBe(true);
  });

  test('waits for a lease that has not confirmed it, and for no longer than the lease can live', () => {
    const wait = barrier.open(5n, [aLease()], NOW);
    expect([0, HOLD_MS - 1, HOLD_MS].map((ms) => barrier.isOver(wait, NOW + ms))).toEqual([false, false, true]);
  });

  test('passes when the last of its followers has confirmed', () => {
    const wait = barrier.open(5n, [aLease(), aLease({ follower: 'b' })], NOW);
    barrier.confirm('a', 5n, NOW);
    barrier.review(wait);
    expect(barrier.isOver(wait, NOW)).toBe(false);
    barrier.confirm('b', 9n, NOW);
    barrier.review(wait);
    expect(barrier.isOver(wait, NOW)).toBe(true);
  });

  test('is not passed by a confirm of what was before it', () => {
    barrier.confirm('a', 4n, NOW);
    expect(passes([aLease()])).toBe(false);
  });

  test('counts confirms that were faster than the reading of the leases', () => {
    barrier.confirm('a', 5n, NOW);
    expect(passes([aLease()])).toBe(true);
  });

  test('never takes a late confirm for a step back', () => {
    barrier.confirm('a', 5n, NOW);
    barrier.confirm('a', 3n, NOW);
    expect(passes([aLease()])).toBe(true);
  });

  test('counts what a lease row says was applied', () => {
    expect(passes([aLease({ applied: 5n })])).toBe(true);
    const wait = barrier.open(5n, [aLease()], NOW);
    barrier.reviewWith(wait, [aLease({ renewals: 2n, applied: 5n })], NOW + 1);
    expect(barrier.isOver(wait, NOW + 1)).toBe(true);
  });

  test('whose leases could not be read waits as long as any could live', () => {
    expect(passes(undefined)).toBe(false);
    expect(barrier.isOver(barrier.open(5n, undefined, NOW), NOW + HOLD_MS)).toBe(true);
  });

  test('does not wait for a follower that has left', () => {
    barrier.confirm('a', APPLIED_FOR_EVER, NOW);
    expect(passes([aLease()])).toBe(true);
  });
});

describe('a lease whose row is gone', () => {
  test('is not waited for when the reading began after the commit', () => {
    const wait = barrier.open(5n, [aLease()], NOW);
    barrier.reviewWith(wait, [], NOW + 1);
    expect(barrier.isOver(wait, NOW + 1)).toBe(true);
  });

  test('is waited for when the reading began before the commit: it may be newer than the reading', () => {
    const wait = barrier.open(5n, [aLease()], NOW);
    barrier.reviewWith(wait, [], NOW - 1);
    expect(barrier.isOver(wait, NOW + 1)).toBe(false);
  });
});

describe('a dead lease', () => {
  test('is one whose renewals stood still for as long as a lease can live', () => {
    expect(barrier.observe([aLease()], NOW, NOW + 10)).toEqual([]);
    expect(barrier.observe([aLease()], NOW + 10 + HOLD_MS - 1, NOW + 10 + HOLD_MS)).toEqual([]);
    expect(passes([aLease()])).toBe(false);
    expect(barrier.observe([aLease()], NOW + 10 + HOLD_MS, NOW + 20 + HOLD_MS)).toEqual([aLease()]);
    expect(passes([aLease()])).toBe(true);
  });

  test('lives again when it is renewed', () => {
    barrier.observe([aLease()], NOW, NOW);
    barrier.observe([aLease()], NOW + HOLD_MS, NOW + HOLD_MS);
    const renewed = aLease({ renewals: 2n });
    expect(passes([renewed])).toBe(false);
    expect(barrier.observe([renewed], NOW + 2 * HOLD_MS, NOW + 2 * HOLD_MS)).toEqual([]);
  });

  test('that is renewed between any two readings is none, however long the readings go on', () => {
    for (let i = 0; i < 50; i++) {
      expect(barrier.observe([aLease({ renewals: BigInt(i) })], NOW + i * 1_000, NOW + i * 1_000)).toEqual([]);
    }
  });

  test('whose row was removed and came back is watched anew', () => {
    barrier.observe([aLease()], NOW, NOW);
    barrier.observe([], NOW + 1_000, NOW + 1_000);
    expect(barrier.observe([aLease()], NOW + HOLD_MS, NOW + HOLD_MS)).toEqual([]);
  });

  test('of a follower that has left is removed at once', () => {
    barrier.confirm('a', APPLIED_FOR_EVER, NOW);
    expect(barrier.observe([aLease()], NOW, NOW)).toEqual([aLease()]);
  });
});

describe('a provisional lease', () => {
  test('is waited for though it has no row', () => {
    barrier.grantProvisional('a', NOW);
    const wait = barrier.open(5n, [], NOW + 10);
    expect(barrier.isOver(wait, NOW + 10)).toBe(false);
    barrier.confirm('a', 5n, NOW + 20);
    barrier.review(wait);
    expect(barrier.isOver(wait, NOW + 20)).toBe(true);
  });

  test('is not taken for gone because no reading shows it', () => {
    barrier.grantProvisional('a', NOW);
    const wait = barrier.open(5n, [], NOW + 10);
    barrier.reviewWith(wait, [], NOW + 20);
    expect(barrier.isOver(wait, NOW + 20)).toBe(false);
  });

  test('is waited for though its row from before is dead', () => {
    barrier.observe([aLease()], NOW - HOLD_MS, NOW - HOLD_MS);
    barrier.grantProvisional('a', NOW - 1);
    barrier.observe([aLease()], NOW, NOW);
    expect(passes([aLease()])).toBe(false);
  });

  test('is forgotten when it has run out', () => {
    barrier.grantProvisional('a', NOW);
    expect(passes([], NOW + HOLD_MS)).toBe(true);
  });
});

describe('a writer that has just started', () => {
  test('lets nothing pass until the leases that its former self may have granted have run out', () => {
    barrier = new BarrierState(NOW);
    const wait = barrier.open(5n, [], NOW + 500);
    expect([500, HOLD_MS - 1, HOLD_MS].map((ms) => barrier.isOver(wait, NOW + ms))).toEqual([false, false, true]);
  });
});
