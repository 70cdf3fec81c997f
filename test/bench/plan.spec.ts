import { describe, expect, test } from '@jest/globals';
import { loadOperations, operationForms } from '../load/operations.ts';
import { rowName } from './bench-row.ts';
import { planRows } from './plan.ts';

const names = (...only: string[]) => planRows(only).map(rowName);

describe('the plan', () => {
  test('has every operation on each of its wires once, and Encrypt alone on each', () => {
    expect(new Set(names()).size).toBe(names().length);
    for (const operation of loadOperations) {
      expect(names(operation).filter((name) => !name.includes('lone'))).toHaveLength(operationForms[operation].wires.length);
    }
    expect(names('lone')).toEqual(['encrypt https lone', 'encrypt unary lone', 'encrypt batch lone', 'encrypt worker lone']);
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
