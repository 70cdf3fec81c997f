import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Batcher } from './batcher.ts';
import type { BatcherOptions } from './batcher.ts';

function aBatcher(options: Partial<BatcherOptions<string>> = {}): { batcher: Batcher<string>; batches: string[][] } {
  const batches: string[][] = [];
  const batcher = new Batcher<string>({
    maxItems: 4,
    maxBytes: 100,
    sizeOf: (item) => item.length,
    window: 2,
    flush: (items) => batches.push(items),
    ...options,
  });
  return { batcher, batches };
}

describe('batching without timers', () => {
  test('what is pushed in one turn leaves as one batch, in order', async () => {
    const { batcher, batches } = aBatcher();
    for (const item of ['a', 'b', 'c']) batcher.push(item);
    expect(batches).toEqual([]);
    await nextTurn();
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  test('a lone item leaves in the next turn', async () => {
    const { batcher, batches } = aBatcher();
    batcher.push('a');
    await nextTurn();
    batcher.push('b');
    await nextTurn();
    expect(batches).toEqual([['a'], ['b']]);
  });

  test('a batch holds no more items than allowed', async () => {
    const { batcher, batches } = aBatcher();
    for (const item of 'abcdef') batcher.push(item);
    await nextTurn();
    expect(batches).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f'],
    ]);
  });

  test('a batch holds no more bytes than allowed, but always an item', async () => {
    const { batcher, batches } = aBatcher({ maxBytes: 10, window: 9 });
    for (const item of ['12345', '12345', '1', 'x'.repeat(50), '1']) batcher.push(item);
    await nextTurn();
    expect(batches.map((batch) => batch.map(({ length }) => length))).toEqual([[5, 5], [1], [50], [1]]);
  });

  test('with the window full, items wait and leave together when a batch is done', async () => {
    const { batcher, batches } = aBatcher({ window: 1 });
    batcher.push('a');
    await nextTurn();
    batcher.push('b');
    await nextTurn();
    batcher.push('c');
    await nextTurn();
    expect(batches).toEqual([['a']]);
    expect(batcher.length).toBe(2);
    batcher.done();
    await nextTurn();
    expect(batches).toEqual([['a'], ['b', 'c']]);
  });

  test('what has not left can be taken back', async () => {
    const { batcher, batches } = aBatcher();
    batcher.push('a');
    expect(batcher.takeAll()).toEqual(['a']);
    await nextTurn();
    expect(batches).toEqual([]);
  });
});

describe('batching while others are on their way', () => {
  test('with the window full, items gather until one is back or enough are there', async () => {
    const { batcher, batches } = aBatcher({ window: 1, enough: 3 });
    batcher.push('a');
    await nextTurn();
    batcher.push('b');
    await nextTurn();
    expect(batches).toEqual([['a']]);
    batcher.done();
    await nextTurn();
    expect(batches).toEqual([['a'], ['b']]);
    for (const item of 'cde') batcher.push(item);
    await nextTurn();
    expect(batches).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
  });
});

describe('batching with many requests in hand', () => {
  test('a small batch waits for more, and leaves when its share is there', async () => {
    const { batcher, batches } = aBatcher({ inHand: () => 16, maxItems: 8 });
    batcher.push('a');
    await nextTurn();
    for (const item of 'bcdefg') batcher.push(item);
    await nextTurn();
    expect(batches).toEqual([]);
    batcher.push('h');
    await nextTurn();
    expect(batches.map((items) => items.join(''))).toEqual(['abcdefgh']);
  });

  test('a small batch leaves by itself when nothing more comes', async () => {
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const { batcher } = aBatcher({ inHand: () => 64, flush: resolve });
    batcher.push('a');
    expect(await promise).toEqual(['a']);
  });

  test('a lone request waits for nothing', async () => {
    const { batcher, batches } = aBatcher({ inHand: () => 1 });
    batcher.push('a');
    await nextTurn();
    expect(batches).toEqual([['a']]);
  });
});
