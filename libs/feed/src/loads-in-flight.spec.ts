import { beforeEach, describe, expect, test } from '@jest/globals';
import { LoadsInFlight } from './loads-in-flight.ts';

let cache: Map<string, string>;
let loads: LoadsInFlight<string>;

beforeEach(() => {
  cache = new Map();
  loads = new LoadsInFlight();
});

/** Begins a load whose value comes when asked for. */
function begin(key = 'k'): { value: Promise<string>; arrive: (value: string) => void; calls: () => number } {
  const { promise, resolve } = Promise.withResolvers<string>();
  let calls = 0;
  const value = loads.load(
    key,
    async () => {
      calls += 1;
      return promise;
    },
    (loaded) => cache.set(key, loaded),
  );
  return { value, arrive: resolve, calls: () => calls };
}

describe('loads in flight', () => {
  test('enter the cache when nothing changed meanwhile', async () => {
    const load = begin();
    load.arrive('new');
    expect([await load.value, cache.get('k')]).toEqual(['new', 'new']);
  });

  test('of the same key are made once', async () => {
    const [first, second] = [begin(), begin()];
    first.arrive('one');
    expect([await first.value, await second.value, second.calls()]).toEqual(['one', 'one', 0]);
  });

  test('overtaken by a change reach whoever asked before it, but not the cache', async () => {
    const load = begin();
    loads.overtake('k');
    load.arrive('old');
    expect([await load.value, cache.get('k')]).toEqual(['old', undefined]);
  });

  test('overtaken by a change are not joined by whoever asks after it', async () => {
    const before = begin();
    loads.overtake('k');
    const after = begin();
    after.arrive('new');
    before.arrive('old');
    expect([await before.value, await after.value, cache.get('k')]).toEqual(['old', 'new', 'new']);
  });

  test('are all overtaken by a reset', async () => {
    const both = [begin('a'), begin('b')];
    loads.overtakeAll();
    both.forEach(({ arrive }) => arrive('old'));
    await Promise.all(both.map(async ({ value }) => value));
    expect(cache.size).toBe(0);
  });

  test('that fail are forgotten', async () => {
    const failing = loads.load(
      'k',
      async () => Promise.reject(new Error('no')),
      (loaded) => cache.set('k', loaded),
    );
    await expect(failing).rejects.toThrow('no');
    const again = begin();
    again.arrive('now');
    expect(await again.value).toBe('now');
  });
});
