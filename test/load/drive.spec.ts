import { describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { driveClosedLoop, driveOpenLoop } from './drive.ts';

describe('the open loop', () => {
  test('sends all that the schedule holds while nothing is answered, and counts each latency from its due time', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const seen: number[] = [];
    const figures = await driveOpenLoop({ ratePerSecond: 1_000, durationMs: 50 }, async (n) => {
      seen.push(n);
      if (seen.length === 50) release(undefined);
      await released;
    });
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(figures).toMatchObject({ answered: 50, failed: 0 });
    expect(figures.maxMs).toBeGreaterThanOrEqual(48);
  });

  test('counts failures by code and goes on', async () => {
    const figures = await driveOpenLoop({ ratePerSecond: 1_000, durationMs: 10 }, async (n) => {
      await delay(0);
      if (n % 2 === 0) throw Object.assign(new Error('no'), { code: 'ThrottlingException' });
    });
    expect(figures).toMatchObject({ answered: 5, failed: 5, errors: { ThrottlingException: 5 } });
  });
});

test('the closed loop never has more than its number in flight', async () => {
  let now = 0;
  let most = 0;
  const figures = await driveClosedLoop(3, 20, async () => {
    most = Math.max(most, ++now);
    await delay(1);
    now--;
  });
  expect(most).toBe(3);
  expect(figures.answered).toBeGreaterThanOrEqual(3);
});
