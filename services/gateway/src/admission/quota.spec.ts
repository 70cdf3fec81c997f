import { describe, expect, test } from '@jest/globals';
import { Concurrency } from './concurrency.ts';
import { Quota, type SharedCounts } from './quota.ts';

class Counts implements SharedCounts {
  readonly sums = new Map<string, number>();
  commands = 0;
  isDown = false;
  gateways = 1;

  add(name: string, amount: number): Promise<number> {
    this.commands += 1;
    if (this.isDown) return Promise.reject(new Error('down'));
    const sum = (this.sums.get(name) ?? 0) + amount;
    this.sums.set(name, sum);
    return Promise.resolve(sum);
  }

  sharers(): number {
    return this.gateways;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Asks once a turn, so that leases arrive in between, as they do. */
async function ask(quota: Quota, times: number, limit: number): Promise<number> {
  let granted = 0;
  for (let i = 0; i < times; i++) {
    if (quota.take('a', limit)) granted += 1;
    await settled();
  }
  return granted;
}

describe('a quota', () => {
  test.each([1, 5, 100])('of %i a second grants that many and no more', async (limit) => {
    const quota = new Quota(new Counts(), () => 0);
    expect(await ask(quota, limit * 3, limit)).toBe(limit);
    expect(quota.isSpent('a')).toBe(true);
  });

  test('begins anew with each second', async () => {
    let now = 0;
    const quota = new Quota(new Counts(), () => now);
    expect(await ask(quota, 20, 5)).toBe(5);
    now = 1000;
    expect(quota.isSpent('a')).toBe(false);
    expect(await ask(quota, 20, 5)).toBe(5);
  });

  test('is shared by gateways, within a slice each', async () => {
    const counts = new Counts();
    const gateways = [new Quota(counts, () => 0), new Quota(counts, () => 0), new Quota(counts, () => 0)];
    const granted = await Promise.all(gateways.map((quota) => ask(quota, 300, 100)));
    const sum = granted.reduce((left, right) => left + right, 0);
    expect(sum).toBeGreaterThanOrEqual(85);
    expect(sum).toBeLessThanOrEqual(115);
  });

  test('costs a few commands a second, not one a request', async () => {
    const counts = new Counts();
    await ask(new Quota(counts, () => 0), 5000, 100_000);
    expect(counts.commands).toBeLessThanOrEqual(3);
  });

  test('of a burst in one turn lets no more than a slice go ahead of its lease', () => {
    const quota = new Quota(new Counts(), () => 0);
    let granted = 0;
    for (let i = 0; i < 1000; i++) if (quota.take('a', 100)) granted += 1;
    expect(granted).toBe(5);
  });

  test('without the shared counts is this gateway’s share', async () => {
    const counts = new Counts();
    counts.isDown = true;
    counts.gateways = 2;
    const granted = await ask(new Quota(counts, () => 0), 300, 100);
    expect(granted).toBe(50);
  });

  test('of zero is none', () => {
    expect(new Quota(new Counts(), () => 0).take('a', 0)).toBe(true);
  });
});

describe('places on the road', () => {
  test('are bounded', () => {
    const road = new Concurrency(2);
    expect([road.enter(), road.enter(), road.enter()]).toEqual([true, true, false]);
    road.leave('');
    expect(road.enter()).toBe(true);
  });

  test('one account may have them all while the road is half empty, and leaves room when it fills', () => {
    const road = new Concurrency(100);
    let taken = 0;
    const take = (account: string): boolean => road.enter() && road.take(account);
    while (taken < 50 && take('greedy')) taken += 1;
    expect(taken).toBe(50);
    expect(take('modest')).toBe(true);
    expect(take('greedy')).toBe(false);
    expect(take('modest')).toBe(true);
  });

  test('what is given back counts for nobody', () => {
    const road = new Concurrency(4);
    for (let i = 0; i < 10; i++) {
      expect(road.enter()).toBe(true);
      road.take('a');
      road.leave('a');
    }
    expect(road.inFlight).toBe(0);
  });
});
