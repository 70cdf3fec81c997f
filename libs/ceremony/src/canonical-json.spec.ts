import { describe, expect, test } from '@jest/globals';
import { canonicalJson, digestOf } from './canonical-json.ts';

describe('canonical JSON', () => {
  test('members are sorted, spaces and absent members left out', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true, gone: undefined })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  });

  test('the order of writing does not count, the order of a list does', () => {
    expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  test('a number without one spelling is refused', () => {
    expect(() => canonicalJson({ a: 0.5 })).toThrow(RangeError);
    expect(() => canonicalJson([2 ** 60])).toThrow(RangeError);
  });
});

test('a digest belongs to its domain', () => {
  expect(digestOf('one', {})).toMatch(/^[0-9a-f]{64}$/);
  expect(digestOf('one', {})).not.toBe(digestOf('two', {}));
});
