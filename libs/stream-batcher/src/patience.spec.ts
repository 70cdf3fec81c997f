import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Patience } from './patience.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function aPatience(inHand: number): { patience: Patience; spent: jest.Mock } {
  const spent = jest.fn();
  return { patience: new Patience(() => inHand, spent), spent };
}

describe('patience', () => {
  test.each([
    [1, 1],
    [15, 1],
    [16, 8],
    [64, 32],
    [1_000, 500],
  ])('with %i requests in hand a batch of %i waits no more, a smaller one does', (inHand, enough) => {
    const { patience } = aPatience(inHand);
    expect(patience.holds(enough)).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
    if (enough > 1) expect(patience.holds(enough - 1)).toBe(true);
  });

  test('ends after five milliseconds, and says so once', () => {
    const { patience, spent } = aPatience(64);
    expect(patience.holds(1)).toBe(true);
    expect(patience.holds(2)).toBe(true);
    jest.advanceTimersByTime(4);
    expect(spent).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(spent).toHaveBeenCalledTimes(1);
    expect(patience.holds(2)).toBe(false);
  });

  test('begins anew with the next batch', () => {
    const { patience, spent } = aPatience(64);
    patience.holds(1);
    jest.advanceTimersByTime(1);
    patience.renew();
    jest.advanceTimersByTime(10);
    expect(spent).not.toHaveBeenCalled();
    expect(patience.holds(1)).toBe(true);
    jest.advanceTimersByTime(5);
    expect(spent).toHaveBeenCalledTimes(1);
    patience.renew();
    expect(patience.holds(1)).toBe(true);
  });
});
