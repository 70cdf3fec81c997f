import { describe, expect, test } from '@jest/globals';
import type { Change } from '@trent/feed';
import { RecentChanges } from './recent-changes.ts';

function change(sequence: number): Change {
  return { sequence: BigInt(sequence), kind: 'key', id: 'k', version: 1n };
}

describe('what a writer remembers of a feed', () => {
  test('is the furthest head it has heard of', () => {
    const recent = new RecentChanges(Buffer.alloc(32), 5n);
    recent.noteHead(9n);
    recent.noteHead(7n);
    recent.add([change(8)]);
    expect(recent.head).toBe(9n);
  });

  test('is given out in order, after what is applied, in pages', () => {
    const recent = new RecentChanges(Buffer.alloc(32), 0n);
    recent.add([change(3)]);
    recent.add([change(1), change(2)]);
    expect(recent.after(1n, 10).map(({ sequence }) => sequence)).toEqual([2n, 3n]);
    expect(recent.after(0n, 2).map(({ sequence }) => sequence)).toEqual([1n, 2n]);
  });

  test('is bounded: the oldest are forgotten', () => {
    const recent = new RecentChanges(Buffer.alloc(32), 0n);
    for (let i = 1; i <= 5_000; i++) recent.add([change(i)]);
    expect(recent.after(0n, 10_000)[0]?.sequence).toBe(905n);
  });
});
