import { describe, expect, test } from '@jest/globals';
import { rowName } from './bench-row.ts';
import { planRows } from './plan.ts';

const names = (...only: string[]) => planRows(only).map(rowName);

describe('the plan', () => {
  test('has every operation on every wire, and Encrypt alone on each', () => {
    expect(names()).toHaveLength(20);
    expect(new Set(names()).size).toBe(20);
  });

  test('never has fewer than 32 in flight where it is not a lone request', () => {
    expect(planRows([]).every(({ inFlight }) => inFlight === 1 || inFlight >= 32)).toBe(true);
  });

  test('can be cut to rows that have all words asked for', () => {
    expect(names('encrypt https')).toEqual(['encrypt https', 'encrypt https lone']);
    expect(names('decrypt batch', 'lone worker')).toEqual(['decrypt batch', 'encrypt worker lone']);
    expect(names('nothing')).toEqual([]);
  });
});
