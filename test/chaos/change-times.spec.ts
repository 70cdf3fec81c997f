import { describe, expect, test } from '@jest/globals';
import { changeTimesTable, quantileMs, since } from './change-times.ts';

const buckets = (...counts: readonly (readonly [number, number])[]) => new Map(counts);

describe('times of changes', () => {
  test.each([
    ['half way into the first bucket', 0.25, 5],
    ['on a bound', 0.5, 10],
    ['in a later bucket', 0.75, 15],
    ['past the last bound: the bound', 1, 20],
  ])('a quantile is read between bounds: %s', (_, quantile, ms) => {
    expect(quantileMs(buckets([0.01, 50], [0.02, 99], [Infinity, 100]), quantile)).toBeCloseTo(ms, 0);
  });

  test('what was there before does not count', () => {
    const [before, after] = [
      new Map([['barrier', buckets([0.01, 7], [Infinity, 9])]]),
      new Map([['barrier', buckets([0.01, 8], [Infinity, 12])]]),
    ];
    expect(since(before, after)).toEqual(new Map([['barrier', buckets([0.01, 1], [Infinity, 3])]]));
  });

  test('the table has a row a part, and says how many changes it is about', () => {
    const times = new Map(['committed', 'recorded', 'answered', 'barrier'].map((part) => [part, buckets([0.01, 3], [Infinity, 3])]));
    expect(changeTimesTable(times).split('\n')).toHaveLength(6);
    expect(changeTimesTable(times)).toMatch(/^3 changes/);
  });
});
