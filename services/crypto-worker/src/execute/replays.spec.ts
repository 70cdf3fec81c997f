import { describe, expect, test } from '@jest/globals';
import { Replays } from './replays.ts';

describe('a permit is used once', () => {
  test('a second use is refused', () => {
    const replays = new Replays();
    replays.admit('a', 0);
    expect(() => replays.admit('a', 1)).toThrow(expect.objectContaining({ code: 'AccessDeniedException' }));
  });

  test('another permit is not', () => {
    const replays = new Replays();
    replays.admit('a', 0);
    expect(() => replays.admit('b', 1)).not.toThrow();
  });

  test.each([1, 3_000, 5_000, 5_999, 6_001, 7_000, 11_999])('also %d ms later, across generations', (ms) => {
    const replays = new Replays();
    replays.admit('first', 0);
    replays.admit('a', 5_500);
    replays.admit('other', 5_500 + Math.min(ms, 5_000));
    expect(() => replays.admit('a', 5_500 + Math.min(ms, 5_000))).toThrow(expect.objectContaining({ code: 'AccessDeniedException' }));
  });

  test('ids are forgotten when no permit of that time can be valid', () => {
    const replays = new Replays();
    replays.admit('a', 0);
    replays.admit('b', 6_001);
    replays.admit('c', 12_002);
    expect(() => replays.admit('a', 12_003)).not.toThrow();
  });
});
