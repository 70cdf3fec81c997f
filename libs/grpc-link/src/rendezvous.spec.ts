import { describe, expect, test } from '@jest/globals';
import { chooseOfTwo, hashOf } from './rendezvous.ts';
import type { Candidate } from './rendezvous.ts';

const names = ['10.0.0.1:7101', '10.0.0.2:7101', '10.0.0.3:7101', '10.0.0.4:7101'];
const idle = names.map((name) => ({ name, seed: hashOf(name), load: 0 }));
const keys = Array.from({ length: 2000 }, (_, index) => hashOf(`key-${String(index)}`));

describe('rendezvous over two', () => {
  test('of none there is none, of one there is that', () => {
    expect(chooseOfTwo<Candidate>([], 1)).toBeUndefined();
    expect(chooseOfTwo(idle.slice(0, 1), 1)).toBe(idle[0]);
  });

  test('a key goes to the same endpoint while nothing changes', () => {
    for (const key of keys) expect(chooseOfTwo(idle, key)).toBe(chooseOfTwo(idle, key));
  });

  test('keys spread evenly', () => {
    const counts = new Map(names.map((name) => [name, 0]));
    for (const key of keys) {
      const { name } = chooseOfTwo(idle, key)!;
      counts.set(name, counts.get(name)! + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(100);
  });

  test('when an endpoint goes, only its own keys move', () => {
    const [gone, ...left] = idle;
    for (const key of keys) {
      const before = chooseOfTwo(idle, key);
      if (before !== gone) expect(chooseOfTwo(left, key)).toBe(before);
    }
  });

  test('a busy endpoint shares its keys with one other, always the same', () => {
    const key = keys[0]!;
    const first = chooseOfTwo(idle, key)!;
    const busy = idle.map((endpoint) => (endpoint === first ? { ...endpoint, load: 9 } : endpoint));
    const second = chooseOfTwo(busy, key)!;
    expect(second.name).not.toBe(first.name);
    const bothBusy = busy.map((endpoint) => (endpoint.name === second.name ? { ...endpoint, load: 99 } : endpoint));
    expect(chooseOfTwo(bothBusy, key)!.name).toBe(first.name);
  });
});

test('the hash is FNV-1a', () => {
  expect([hashOf(''), hashOf('a'), hashOf('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});
