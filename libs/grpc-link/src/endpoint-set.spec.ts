import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { endpointName } from '@trent/bootstrap';
import { followEndpoints } from './endpoint-set.ts';
import type { Endpoint } from '@trent/bootstrap';

const fixed: Endpoint = { zone: 'a', host: '127.0.0.1', port: 1 };
const named: Endpoint = { zone: '', host: 'policy', port: 2, dns: true };

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

function followed(addresses: () => Promise<readonly string[]>): { seen: string[][]; close: () => void } {
  const seen: string[][] = [];
  const set = followEndpoints([fixed, named], (endpoints) => seen.push(endpoints.map(endpointName)), addresses);
  return { seen, close: () => set.close() };
}

async function later(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await nextTurn();
  await nextTurn();
}

describe('endpoints by name', () => {
  test('addresses are known at once, names when they have resolved', async () => {
    const { seen, close } = followed(() => Promise.resolve(['10.0.0.1', '10.0.0.2']));
    expect(seen).toEqual([['127.0.0.1:1']]);
    await later(0);
    expect(seen[1]).toEqual(['127.0.0.1:1', '10.0.0.1:2', '10.0.0.2:2']);
    close();
  });

  test('a change is told once, an answer that says the same is not', async () => {
    let addresses = ['10.0.0.1'];
    const { seen, close } = followed(() => Promise.resolve(addresses));
    await later(0);
    await later(5000);
    expect(seen).toHaveLength(2);
    addresses = ['10.0.0.2'];
    await later(5000);
    expect(seen[2]).toEqual(['127.0.0.1:1', '10.0.0.2:2']);
    close();
  });

  test('a name that stops resolving keeps its addresses', async () => {
    let answer = Promise.resolve<readonly string[]>(['10.0.0.1']);
    const { seen, close } = followed(() => answer);
    await later(0);
    answer = Promise.reject(new Error('SERVFAIL'));
    await later(5000);
    expect(seen).toHaveLength(2);
    close();
  });

  test('after closing nothing is asked or told', async () => {
    let asked = 0;
    const { seen, close } = followed(() => Promise.resolve([`10.0.0.${String(++asked)}`]));
    await later(0);
    close();
    await later(60_000);
    expect([asked, seen.length]).toEqual([1, 2]);
  });
});
