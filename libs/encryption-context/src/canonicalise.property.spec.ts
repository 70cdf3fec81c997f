import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { isTrentError } from '@trent/errors';

import { canonicalise } from './index.ts';

const texts = fc.string({ unit: 'binary', maxLength: 12 });
const contexts = fc.uniqueArray(fc.tuple(texts, texts), { selector: ([key]) => key, maxLength: 8 });

/** Reads the form back: only here, to prove that it says one thing. */
function read(form: Uint8Array): [string, string][] {
  const bytes = Buffer.from(form);
  const found: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at);
    found.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return found.flatMap((key, i) => (i % 2 === 0 ? [[key, found[i + 1] ?? ''] as [string, string]] : []));
}

describe('any encryption context', () => {
  test('has a form that says all of it, and nothing else, in the order of the keys’ bytes', () => {
    fc.assert(
      fc.property(contexts, (pairs) => {
        const back = read(canonicalise(new Map(pairs)));
        expect(new Map(back)).toEqual(new Map(pairs));
        const sorted = [...back].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(back).toEqual(sorted);
      }),
    );
  });

  test('has the same form in whatever order its pairs come', () => {
    fc.assert(
      fc.property(
        contexts.chain((pairs) => fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length }))),
        ([pairs, shuffled]) => {
          expect(canonicalise(new Map(shuffled))).toEqual(canonicalise(new Map(pairs)));
        },
      ),
    );
  });

  test('has another form than any other context', () => {
    fc.assert(
      fc.property(contexts, contexts, (left, right) => {
        const same = Buffer.from(canonicalise(new Map(left))).equals(canonicalise(new Map(right)));
        const equal = left.length === right.length && left.every(([key, value]) => new Map(right).get(key) === value);
        expect(same).toBe(equal);
      }),
    );
  });

  test('of any characters and size gives a bounded form or ValidationException', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: fc.nat(0xffff).map((c) => String.fromCharCode(c)) }), fc.string({ maxLength: 9000, size: 'max' })),
        (context) => {
          try {
            expect(canonicalise(context).length).toBeLessThanOrEqual(8192);
          } catch (error) {
            if (!isTrentError(error)) throw error;
            expect(error.code).toBe('ValidationException');
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
