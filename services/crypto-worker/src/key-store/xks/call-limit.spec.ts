import { describe, expect, test } from '@jest/globals';
import { CallLimit } from './call-limit.ts';

const LONG_MS = 60_000;
const refused = expect.objectContaining({ kind: 'TooManyCalls' }) as unknown as Error;

function gate() {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { call: () => promise, open: () => resolve(undefined) };
}

describe('a limit of calls', () => {
  test('lets so many run and the others wait their turn, in order', async () => {
    const limit = new CallLimit(1);
    const first = gate();
    const order: string[] = [];
    const running = limit.run(LONG_MS, first.call);
    const waiting = ['b', 'c'].map((name) => limit.run(LONG_MS, () => Promise.resolve(order.push(name))));
    expect(limit.state()).toEqual({ calls: 1, running: 1, waiting: 2 });
    first.open();
    await Promise.all([running, ...waiting]);
    expect(order).toEqual(['b', 'c']);
    expect(limit.state()).toEqual({ calls: 1, running: 0, waiting: 0 });
  });

  test('refuses what comes when four times as many wait', async () => {
    const limit = new CallLimit(2);
    const { call, open } = gate();
    const all = Array.from({ length: 10 }, () => limit.run(LONG_MS, call));
    await expect(limit.run(LONG_MS, call)).rejects.toThrow(refused);
    open();
    await Promise.all(all);
  });

  test('refuses what has waited for too long, and its place goes to the next', async () => {
    const limit = new CallLimit(1);
    const { call, open } = gate();
    const running = limit.run(LONG_MS, call);
    await expect(limit.run(1, call)).rejects.toThrow(refused);
    const next = limit.run(LONG_MS, () => Promise.resolve('done'));
    open();
    await running;
    expect(await next).toBe('done');
  });

  test('gives the place of a call that failed to the next', async () => {
    const limit = new CallLimit(1);
    await expect(limit.run(LONG_MS, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit.run(LONG_MS, () => Promise.resolve(1))).toBe(1);
  });
});
