import { describe, expect, test } from '@jest/globals';
import { dueAtMs, dueBy, totalArrivals } from './arrivals.ts';

const schedule = { ratePerSecond: 200, durationMs: 1_500 };

describe('an open-loop schedule', () => {
  test('has rate times duration requests', () => {
    expect(totalArrivals(schedule)).toBe(300);
  });

  test('spaces requests evenly from the start on', () => {
    expect([0, 1, 2, 299].map((n) => dueAtMs(schedule, n))).toEqual([0, 5, 10, 1_495]);
  });

  test('makes a request due at its time and not before', () => {
    expect([-1, 0, 4.9, 5, 12].map((ms) => dueBy(schedule, ms))).toEqual([0, 1, 1, 2, 3]);
  });

  test('lets all be due at its end and none after it', () => {
    expect(dueBy(schedule, 1_495)).toBe(300);
    expect(dueBy(schedule, 60_000)).toBe(300);
  });

  test('owes what a stall held back, each at its own time', () => {
    const due = dueBy(schedule, 100);
    expect(due).toBe(21);
    expect(dueAtMs(schedule, due - 1)).toBe(100);
  });
});
