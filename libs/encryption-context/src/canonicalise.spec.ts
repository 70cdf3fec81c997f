import { describe, expect, test } from '@jest/globals';

import golden from './canonical-form.golden.json' with { type: 'json' };
import { canonicalise, MAX_CONTEXT_BYTES } from './index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const pairsOf = (pairs: string[][]): [string, string][] => pairs.map(([key = '', value = '']) => [key, value]);

describe('the canonical form', () => {
  test.each(golden)('of $name', ({ pairs, canonical }) => {
    expect(hex(canonicalise(new Map(pairsOf(pairs))))).toBe(canonical);
    expect(hex(canonicalise(Object.fromEntries(pairsOf(pairs))))).toBe(canonical);
    expect(hex(canonicalise(new Map(pairsOf(pairs).reverse())))).toBe(canonical);
  });

  test('keeps the case of keys and values', () => {
    expect(hex(canonicalise({ A: 'b' }))).not.toBe(hex(canonicalise({ a: 'b' })));
    expect(hex(canonicalise({ a: 'B' }))).not.toBe(hex(canonicalise({ a: 'b' })));
  });

  test('does not take what an object inherits', () => {
    expect(hex(canonicalise(Object.create({ inherited: 'x' }) as Record<string, string>))).toBe('');
  });
});

describe('bounds', () => {
  const ofLength = (bytes: number): Record<string, string> => ({ k: 'v'.repeat(bytes - 2 - 1 - 2) });
  const tooLong = expect.objectContaining({ code: 'ValidationException', message: expect.stringContaining('8192') as unknown });

  test('a form of 8192 bytes is taken, one more is refused', () => {
    expect(canonicalise(ofLength(MAX_CONTEXT_BYTES))).toHaveLength(MAX_CONTEXT_BYTES);
    expect(() => canonicalise(ofLength(MAX_CONTEXT_BYTES + 1))).toThrow(tooLong);
  });

  test('bytes count, not characters', () => {
    expect(() => canonicalise({ k: 'ü'.repeat(4094) })).toThrow(tooLong);
    expect(canonicalise({ k: 'ü'.repeat(4093) })).toHaveLength(8191);
  });

  test('a great many small pairs are refused without being encoded', () => {
    expect(() => canonicalise(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [String(i), ''])))).toThrow(tooLong);
  });

  test.each([[{ '\ud800': 'x' }], [{ x: '\udfff' }], [{ x: 'a\ud800b' }]])('a surrogate alone is refused: %j', (context) => {
    expect(() => canonicalise(context)).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});
