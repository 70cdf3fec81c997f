import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { isTrentError } from '@trent/errors';
import { newKeyId } from '@trent/identifiers';

import { additionalData, encodeHeader, parseCiphertext } from './index.ts';
import type { CiphertextHeader } from './index.ts';

const ofLength = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
const headers: fc.Arbitrary<CiphertextHeader> = fc.record({
  version: fc.constant(1),
  region: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
  keyId: fc.tuple(ofLength(16), fc.boolean()).map(([bytes, multi]) => newKeyId(bytes, multi)),
  materialId: ofLength(32).map((bytes) => bytes.toString('hex')),
  kdf: fc.constant(1),
  nonce: ofLength(14),
  iv: ofLength(12),
});
const bodies = fc.uint8Array({ minLength: 48, maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('ciphertext v1', () => {
  test('a header and body come back as they went in', () => {
    fc.assert(
      fc.property(headers, bodies, (header, body) => {
        const headerBytes = encodeHeader(header);
        expect(parseCiphertext(Buffer.concat([headerBytes, body]))).toEqual({ header, headerBytes, body });
      }),
    );
  });

  test('any bytes are a ciphertext, in the only encoding of its header, or InvalidCiphertextException without text', () => {
    const real = fc.tuple(headers, bodies).map(([header, body]) => Buffer.concat([encodeHeader(header), body]));
    const damaged = fc.tuple(real, fc.nat(), fc.nat(255), fc.nat()).map(([blob, at, value, cut]) => {
      blob[at % blob.length] = value;
      return blob.subarray(0, cut % 3 === 0 ? cut % blob.length : blob.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (blob) => {
        try {
          const { header, headerBytes, body } = parseCiphertext(blob);
          expect(encodeHeader(header)).toEqual(headerBytes);
          expect(Buffer.concat([headerBytes, body])).toEqual(Buffer.from(blob));
        } catch (error) {
          if (!isTrentError(error)) throw error;
          expect(error).toMatchObject({ code: 'InvalidCiphertextException', message: '' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('header and context never run into one another', () => {
    const texts = fc.uint8Array({ maxLength: 6 });
    fc.assert(
      fc.property(texts, texts, texts, texts, (header1, context1, header2, context2) => {
        const same = additionalData(header1, context1).equals(additionalData(header2, context2));
        const equal = Buffer.from(header1).equals(header2) && Buffer.from(context1).equals(context2);
        expect(same).toBe(equal);
      }),
    );
  });
});
