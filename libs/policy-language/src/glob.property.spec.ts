import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { compileResourcePattern } from './arn-pattern.ts';
import { ANY, compileGlob, ONE, piecesOf, type Piece } from './glob.ts';

const ordinary = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 10 });

/** The definition, word for word: tries everything. */
function fits(pieces: readonly Piece[], text: string, mayCross: (i: number) => boolean, oneIs: (c: string) => boolean): boolean {
  const units = pieces.flatMap((piece): Piece[] => (typeof piece === 'string' ? Array.from(piece) : [piece]));
  const from = (i: number, j: number): boolean => {
    const unit = units[i];
    if (unit === undefined) return j === text.length;
    if (unit === ANY) {
      const canTake = j < text.length && (text[j] !== ':' || mayCross(i));
      return from(i + 1, j) || (canTake && from(i, j + 1));
    }
    const char = text[j];
    return char !== undefined && (unit === ONE ? oneIs(char) : unit === char) && from(i + 1, j + 1);
  };
  return from(0, 0);
}

describe('a pattern matches exactly what its definition says', () => {
  test('in strings', () => {
    fc.assert(
      fc.property(pattern, ordinary, (source, text) => {
        const pieces = piecesOf(source);
        expect(compileGlob(pieces).matches(text)).toBe(
          fits(
            pieces,
            text,
            () => true,
            () => true,
          ),
        );
      }),
      { numRuns: 20_000 },
    );
  });

  test('in strings, with segments too long for the plain search', () => {
    const long = fc.array(fc.constantFrom('a', '?', 'ab'), { minLength: 33, maxLength: 70 }).map((parts) => parts.join(''));
    const many = fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 120 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(long, many, many, fc.boolean(), (segment, before, after, tampered) => {
        const text = before + segment.replaceAll('?', 'b').slice(tampered ? 1 : 0) + after;
        const source = new RegExp(segment.replaceAll('?', '.'), 's');
        expect(compileGlob(piecesOf(`*${segment}*`)).matches(text)).toBe(source.test(text));
      }),
      { numRuns: 5000 },
    );
  });

  test('in resource names: a star that ends its segment crosses colons, any other stays inside', () => {
    fc.assert(
      fc.property(pattern, ordinary, (source, text) => {
        const units = Array.from(source);
        const isFree = (i: number) => units[i + 1] === undefined || units[i + 1] === ':';
        const expected = source === '*' || fits(piecesOf(source), text, isFree, (char) => char !== ':');
        expect(compileResourcePattern(piecesOf(source)).matches(text)).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('no pattern takes long', () => {
  test.each([
    ['many stars', `${'*a'.repeat(5000)}b`, 'a'.repeat(8192)],
    ['many question marks', `*${'a?'.repeat(2000)}b*`, 'a'.repeat(8192)],
    ['a long literal that nearly fits everywhere', `*${'a'.repeat(2000)}b${'a'.repeat(2000)}*`, 'a'.repeat(8192)],
  ])('%s: at most (n·m)/32 steps, so it ends', (_, source, text) => {
    expect(compileGlob(piecesOf(source)).matches(text)).toBe(false);
  });
});
