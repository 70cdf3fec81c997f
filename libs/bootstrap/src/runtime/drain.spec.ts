import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../log/logger.ts';
import { createDrain } from './drain.ts';

describe('draining', () => {
  test('runs its steps one after another, the last added first, after the signal', async () => {
    const drain = createDrain(silentLogger());
    const order: string[] = [];
    drain.add('first', () => void order.push('first'));
    drain.add('second', async () => {
      await Promise.resolve();
      order.push(drain.signal.aborted ? 'second, told' : 'second, not told');
    });
    await expect(drain.run()).resolves.toBe(true);
    expect(order).toEqual(['second, told', 'first']);
  });

  test('goes on after a step that failed, and says so', async () => {
    const drain = createDrain(silentLogger());
    let reached = false;
    drain.add('first', () => void (reached = true));
    drain.add('second', () => Promise.reject(new Error('no')));
    await expect(drain.run()).resolves.toBe(false);
    expect(reached).toBe(true);
  });

  test('does not wait longer than its bound', async () => {
    const drain = createDrain(silentLogger(), 20);
    drain.add('never reached', () => expect(true).toBe(false));
    drain.add('hangs', () => new Promise(() => undefined));
    await expect(drain.run()).resolves.toBe(false);
  });

  test('happens once however often it is asked for', async () => {
    const drain = createDrain(silentLogger());
    let runs = 0;
    drain.add('step', () => {
      runs++;
    });
    await Promise.all([drain.run(), drain.run()]);
    expect(runs).toBe(1);
  });
});
