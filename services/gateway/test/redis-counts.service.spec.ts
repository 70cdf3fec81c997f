import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@trent/bootstrap';
import { startRedis, waitUntil, type TestRedis } from '@trent/local-cluster';
import { Quota } from '../src/admission/quota.ts';
import { openRedisCounts, type RedisCounts } from '../src/admission/redis-counts.ts';

let redis: TestRedis & AsyncDisposable;

beforeAll(async () => {
  redis = await startRedis();
}, 30_000);
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

async function openCounts(instance: string): Promise<RedisCounts> {
  const counts = openRedisCounts({ url: redis.url, passwordFile: redis.passwordFile, instance, log: silentLogger(), now: Date.now });
  await waitUntil('Redis is connected', 5_000, () => counts.isConnected() || 'not yet');
  return counts;
}

describe('counts in Redis', () => {
  test('are shared, and so is a quota', async () => {
    const [left, right] = [await openCounts('gateway-a'), await openCounts('gateway-b')];
    expect(await left.add('x', 3)).toBe(3);
    expect(await right.add('x', 4)).toBe(7);
    const now = Date.now();
    const quotas = [new Quota(left, () => now), new Quota(right, () => now)];
    let granted = 0;
    for (let i = 0; i < 100; i++) {
      for (const quota of quotas) if (quota.take('account', 40)) granted += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(granted).toBeGreaterThanOrEqual(36);
    expect(granted).toBeLessThanOrEqual(46);
    left.close();
    right.close();
  });

  test('know how many gateways there are', async () => {
    const first = await openCounts('gateway-c');
    const second = await openCounts('gateway-d');
    await waitUntil('the second is counted', 5_000, () => second.sharers() >= 2 || String(second.sharers()));
    first.close();
    second.close();
  });

  test('that are away fail at once, no request does, and they come back', async () => {
    const counts = await openCounts('gateway-e');
    const quota = new Quota(counts, Date.now);
    await redis.process.kill();
    await waitUntil('the loss is noticed', 5_000, () => !counts.isConnected() || 'still connected');
    await expect(counts.add('x', 1)).rejects.toThrow();
    expect(quota.take('account', 100)).toBe(true);
    await redis.process.start();
    await waitUntil('Redis is back', 10_000, () => counts.isConnected() || 'not yet');
    expect(await counts.add('y', 2)).toBe(2);
    counts.close();
  }, 20_000);
});
