import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { isTrentError } from '@trent/errors';
import { newKeyId } from '@trent/identifiers';

import { assembleToken, encodeTokenHeader, parseToken } from './index.ts';
import type { KeyTokenHeader } from './index.ts';

const ofLength = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
const names = fc.stringMatching(/^[A-Z0-9_]{1,64}$/);
const common = {
  region: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
  rootVersion: fc.nat(0xffff_ffff),
  accountId: fc.stringMatching(/^[0-9]{12}$/),
  keyId: fc.tuple(ofLength(16), fc.boolean()).map(([bytes, multi]) => newKeyId(bytes, multi)),
  materialId: ofLength(32).map((bytes) => bytes.toString('hex')),
  spec: names,
  usage: names,
  origin: names,
  keyClass: fc.constantFrom('aes-derive', 'hmac', 'rsa', 'ec', 'edwards', 'post-quantum', 'system', 'import'),
} as const;
const publicKeys = fc.uint8Array({ minLength: 1, maxLength: 700 }).map((bytes) => Buffer.from(bytes));
const headers: fc.Arbitrary<KeyTokenHeader> = fc.oneof(
  fc.record({ format: fc.constant(1 as const), ...common }),
  fc.record({ format: fc.constant(2 as const), ...common, publicKey: publicKeys }),
  fc.record({
    format: fc.constant(3 as const),
    ...common,
    storeId: fc.stringMatching(/^[!-~]{1,64}$/),
    objectId: fc.stringMatching(/^[!-~]{1,128}$/),
  }),
);
const wrappedKeys = fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes));

describe('key tokens', () => {
  test('header, wrapped key and MAC come back as they went in', () => {
    fc.assert(
      fc.property(headers, wrappedKeys, ofLength(32), (header, wrapped, mac) => {
        const encoded = encodeTokenHeader(header);
        const authenticated = Buffer.concat([encoded, wrapped]);
        expect(parseToken(assembleToken(encoded, wrapped, mac))).toEqual({ header, authenticated, wrapped, mac });
      }),
    );
  });

  test('any bytes are a token, in the only encoding of its header, or KMSInternalException without text', () => {
    const real = fc
      .tuple(headers, wrappedKeys, ofLength(32))
      .map(([header, wrapped, mac]) => assembleToken(encodeTokenHeader(header), wrapped, mac));
    const damaged = fc.tuple(real, fc.nat(), fc.nat(255), fc.nat()).map(([token, at, value, cut]) => {
      token[at % token.length] = value;
      return token.subarray(0, cut % 3 === 0 ? cut % token.length : token.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (token) => {
        try {
          const { header, authenticated, wrapped, mac } = parseToken(token);
          expect(Buffer.concat([encodeTokenHeader(header), wrapped])).toEqual(authenticated);
          expect(Buffer.concat([authenticated, mac])).toEqual(Buffer.from(token));
        } catch (error) {
          if (!isTrentError(error)) throw error;
          expect(error).toMatchObject({ code: 'KMSInternalException', message: '' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
