import { describe, expect, test } from '@jest/globals';
import { parseMix } from './operation-mix.ts';

const turnOf = (text: string, length: number) => Array.from({ length }, (_, n) => parseMix(text).at(n));

describe('a mix of operations', () => {
  test('gives each operation its share', () => {
    const turn = turnOf('encrypt=70,decrypt=30', 1_000);
    expect(turn.filter((name) => name === 'encrypt')).toHaveLength(700);
  });

  test('spreads operations over the turn', () => {
    expect(turnOf('encrypt=2,decrypt=1', 3)).toEqual(['encrypt', 'decrypt', 'encrypt']);
  });

  test('takes a name alone as one share', () => {
    expect(turnOf('generate-data-key', 2)).toEqual(['generate-data-key', 'generate-data-key']);
  });

  test.each([
    ['an unknown operation', 'seal=1', 'seal is none of'],
    ['a share that is no whole number', 'encrypt=0.5', 'whole number'],
    ['a share of nothing', 'encrypt=0', 'whole number'],
    ['a name twice', 'encrypt=1,encrypt=2', 'twice'],
    ['nothing', '', ' is none of'],
  ])('refuses %s', (_name, text, why) => {
    expect(() => parseMix(text)).toThrow(why);
  });
});
