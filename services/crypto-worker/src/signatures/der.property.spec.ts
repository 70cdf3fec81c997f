import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { derOfSignature, rawOfSignature } from './der.ts';

const sizes = fc.constantFrom(32, 48, 66);

describe('ECDSA signatures in DER', () => {
  test('r ‖ s comes back as it went in', () => {
    const raws = sizes.chain((bytes) => fc.uint8Array({ minLength: 2 * bytes, maxLength: 2 * bytes }).map((raw) => Buffer.from(raw)));
    fc.assert(fc.property(raws, (raw) => expect(rawOfSignature(derOfSignature(raw), raw.length / 2)).toEqual(raw)));
  });

  test('any bytes are the one encoding of two numbers, or no signature', () => {
    const near = fc.uint8Array({ minLength: 0, maxLength: 80 }).map((bytes) => Buffer.from([0x30, bytes.length, ...bytes]));
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 200 })), sizes, (der, bytes) => {
        const raw = rawOfSignature(der, bytes);
        if (raw !== undefined) expect(derOfSignature(raw)).toEqual(Buffer.from(der));
      }),
      { numRuns: 2_000 },
    );
  });
});
