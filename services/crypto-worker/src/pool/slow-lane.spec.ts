import { describe, expect, test } from '@jest/globals';
import type { Session } from '@trent/pkcs11';
import { SlowLane } from './slow-lane.ts';

/** A lane that hands sessions out and calls nothing on them. */
function aLane(sessions: number) {
  const clock = { ms: 0 };
  const handles = Array.from({ length: sessions }, (_, handle) => ({ handle }) as unknown as Session);
  return { lane: new SlowLane(handles, () => clock.ms), clock };
}

const FAR = 1_000;
const timedOut = expect.objectContaining({ code: 'DependencyTimeoutException' }) as unknown;

describe('the slow lane', () => {
  test('gives each job a session of its own and the rest a place in the queue, in order', async () => {
    const { lane } = aLane(2);
    const order: number[] = [];
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<undefined>());
    const jobs = gates.map((gate, index) =>
      lane.run({
        account: 'a',
        deadline: FAR,
        run: async ({ handle }) => {
          order.push(index);
          await gate.promise;
          return handle;
        },
      }),
    );
    await Promise.resolve();
    expect([order, lane.state()]).toEqual([[0, 1], { sessions: 2, running: 2, waiting: 2 }]);
    for (const gate of gates) gate.resolve(undefined);
    const handles = await Promise.all(jobs);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(new Set(handles).size).toBe(2);
    expect(lane.state()).toEqual({ sessions: 2, running: 0, waiting: 0 });
  });

  test('does not begin what nobody waits for any more', async () => {
    const { lane, clock } = aLane(1);
    const gate = Promise.withResolvers<undefined>();
    const first = lane.run({ account: 'a', deadline: FAR, run: () => gate.promise });
    let began = false;
    const late = lane.run({ account: 'a', deadline: 5, run: () => Promise.resolve((began = true)) });
    const next = lane.run({ account: 'a', deadline: FAR, run: () => Promise.resolve('done') });
    clock.ms = 6;
    gate.resolve(undefined);
    await first;
    await expect(late).rejects.toEqual(timedOut);
    expect(began).toBe(false);
    expect(await next).toBe('done');
  });

  test('asks again whether a job is allowed when its turn comes', async () => {
    const { lane } = aLane(1);
    const gate = Promise.withResolvers<undefined>();
    const first = lane.run({ account: 'a', deadline: FAR, run: () => gate.promise });
    let allowed = true;
    const stillAllowed = (): void => {
      if (!allowed) throw new Error('stale');
    };
    const second = lane.run({ account: 'a', deadline: FAR, stillAllowed, run: () => Promise.resolve('done') });
    allowed = false;
    gate.resolve(undefined);
    await first;
    await expect(second).rejects.toThrow('stale');
    expect(lane.state().running).toBe(0);
  });

  test('is bounded: past the bound work is throttled', async () => {
    const { lane } = aLane(1);
    const gate = Promise.withResolvers<undefined>();
    const jobs = Array.from({ length: 257 }, () => lane.run({ account: 'a', deadline: FAR, run: () => gate.promise }));
    await expect(lane.run({ account: 'a', deadline: FAR, run: () => gate.promise })).rejects.toEqual(
      expect.objectContaining({ code: 'ThrottlingException' }),
    );
    gate.resolve(undefined);
    await Promise.all(jobs);
  });

  test("takes accounts by turns: one's many jobs wait behind another's first", async () => {
    const { lane } = aLane(1);
    const gate = Promise.withResolvers<undefined>();
    const order: string[] = [];
    const job = (account: string) => lane.run({ account, deadline: FAR, run: () => Promise.resolve(order.push(account)) });
    const running = lane.run({ account: 'noisy', deadline: FAR, run: () => gate.promise });
    const jobs = [...Array.from({ length: 200 }, () => job('noisy')), job('quiet'), job('quiet')];
    gate.resolve(undefined);
    await Promise.all([running, ...jobs]);
    expect(order.slice(0, 4)).toEqual(['noisy', 'quiet', 'noisy', 'quiet']);
  });

  test('refuses the account that has most waiting when it is full, not who comes then', async () => {
    const { lane } = aLane(1);
    const gate = Promise.withResolvers<undefined>();
    const job = (account: string) => lane.run({ account, deadline: FAR, run: () => gate.promise });
    const jobs = Array.from({ length: 257 }, () => job('noisy'));
    const quiet = job('quiet');
    await expect(jobs.at(-1)).rejects.toEqual(expect.objectContaining({ code: 'ThrottlingException' }));
    gate.resolve(undefined);
    await Promise.all([...jobs.slice(0, -1), quiet]);
  });

  test('knows how long its oldest job has run, and a failed one frees its session', async () => {
    const { lane, clock } = aLane(2);
    const gate = Promise.withResolvers<undefined>();
    const first = lane.run({ account: 'a', deadline: FAR, run: () => gate.promise });
    clock.ms = 40;
    await expect(lane.run({ account: 'a', deadline: FAR, run: () => Promise.reject(new Error('no')) })).rejects.toThrow('no');
    expect(lane.longestRunMs()).toBe(40);
    gate.resolve(undefined);
    await first;
    expect([lane.longestRunMs(), lane.state().running]).toEqual([0, 0]);
  });
});
