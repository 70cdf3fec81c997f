import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { isTrentError } from '@trent/errors';

import { encodeImportToken, importAlgorithms, parseImportToken } from './index.ts';
import type { ImportAlgorithm, ImportToken } from './index.ts';

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const algorithms = importAlgorithms.filter((name): name is ImportAlgorithm => name !== undefined);
const tokens: fc.Arbitrary<ImportToken> = fc.record({
  expiresAtMs: fc.nat(2 ** 48 - 1),
  algorithm: fc.constantFrom(...algorithms),
  wrappingKey: bytes(1, 3_000),
});

describe('import token of format 1', () => {
  test('its bytes are as docs/ciphertext-format.md says', () => {
    const token = {
      expiresAtMs: 0x0102_0304_0506,
      algorithm: 'RSA_AES_KEY_WRAP_SHA_256',
      wrappingKey: Buffer.from('544b54', 'hex'),
    } as const;
    expect(encodeImportToken(token).toString('hex')).toBe('54495401' + '010203040506' + '04' + '544b54');
  });

  test('what is encoded comes back', () => {
    fc.assert(
      fc.property(tokens, bytes(32, 32), (token, mac) => {
        const authenticated = encodeImportToken(token);
        expect(parseImportToken(Buffer.concat([authenticated, mac]))).toEqual({ ...token, authenticated, mac });
      }),
    );
  });

  test('any bytes are a token, in its only encoding, or InvalidImportTokenException', () => {
    const damaged = fc.tuple(tokens, bytes(32, 32), fc.nat(), fc.nat(255), fc.nat()).map(([token, mac, at, value, cut]) => {
      const whole = Buffer.concat([encodeImportToken(token), mac]);
      whole[at % 12] = value;
      return whole.subarray(0, cut % 3 === 0 ? cut % whole.length : whole.length);
    });
    fc.assert(
      fc.property(fc.oneof(bytes(0, 400), damaged), (token) => {
        try {
          const parsed = parseImportToken(token);
          expect(Buffer.concat([encodeImportToken(parsed), parsed.mac])).toEqual(token);
        } catch (error) {
          if (!isTrentError(error)) throw error;
          expect(error.code).toBe('InvalidImportTokenException');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a token that would not fit into the member of the wire is not made', () => {
    const token = { expiresAtMs: 1, algorithm: 'RSAES_OAEP_SHA_1', wrappingKey: Buffer.alloc(6_102) } as const;
    expect(() => encodeImportToken(token)).toThrow(RangeError);
    expect(() => encodeImportToken({ ...token, wrappingKey: Buffer.alloc(0) })).toThrow(RangeError);
  });
});
