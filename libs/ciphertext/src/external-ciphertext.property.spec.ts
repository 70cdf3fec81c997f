import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { isTrentError } from '@trent/errors';
import { newKeyId } from '@trent/identifiers';

import { encodeExternal, namedKey, parseExternal, type ExternalCiphertext } from './index.ts';

const ofLength = (minLength: number, maxLength = minLength): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));
const fields: fc.Arbitrary<ExternalCiphertext> = fc.record({
  region: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
  keyId: fc.tuple(ofLength(16), fc.boolean()).map(([bytes, multi]) => newKeyId(bytes, multi)),
  materialId: ofLength(32).map((bytes) => bytes.toString('hex')),
  iv: fc.constantFrom(12, 16).chain((length) => ofLength(length)),
  tag: ofLength(16),
  metadata: ofLength(0, 20),
  ciphertext: ofLength(129, 300),
});

describe('ciphertext v2', () => {
  test('its fields come back as they went in', () => {
    fc.assert(fc.property(fields, (one) => expect(parseExternal(encodeExternal(one))).toEqual(one)));
  });

  test('any bytes are a ciphertext, in the only encoding of its fields, or InvalidCiphertextException without text', () => {
    const damaged = fc.tuple(fields.map(encodeExternal), fc.nat(), fc.nat(255), fc.nat()).map(([blob, at, value, cut]) => {
      blob[at % blob.length] = value;
      return blob.subarray(0, cut % 3 === 0 ? cut % blob.length : blob.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (blob) => {
        for (const read of [(bytes: Uint8Array) => encodeExternal(parseExternal(bytes)), namedKey]) {
          try {
            const result = read(blob);
            if (Buffer.isBuffer(result)) expect(result).toEqual(Buffer.from(blob));
          } catch (error) {
            if (!isTrentError(error)) throw error;
            expect(error).toMatchObject({ code: 'InvalidCiphertextException', message: '' });
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
