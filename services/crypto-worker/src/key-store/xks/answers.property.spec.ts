import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readDecryptAnswer, readEncryptAnswer, readHealthAnswer, readMetadataAnswer, type RawAnswer } from './answers.ts';
import { strictBase64 } from './base64.ts';
import { isXksFailure } from './failure.ts';
import { integrityValue } from './integrity.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((value) => Buffer.from(value));

describe('any bytes', () => {
  const readers: readonly [string, (answer: RawAnswer) => unknown][] = [
    ['Encrypt', (answer) => readEncryptAnswer(answer, Buffer.alloc(0), 1)],
    ['Decrypt', (answer) => readDecryptAnswer(answer, 1)],
    ['GetKeyMetadata', readMetadataAnswer],
    ['GetHealthStatus', readHealthAnswer],
  ];
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(Buffer.from),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  );

  test.each(readers)('are an answer of %s or an XksFailure', (_name, read) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), bodies, (status, body) => {
        try {
          read({ status, body: Buffer.from(body) });
        } catch (error) {
          expect(isXksFailure(error)).toBe(true);
        }
      }),
    );
  });
});

test('strict Base64 takes the one encoding of its bytes and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (value) => {
      expect(strictBase64(Buffer.from(value).toString('base64'), 64)).toEqual(Buffer.from(value));
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const value = strictBase64(text, 64);
      if (value !== undefined) expect(value.toString('base64')).toBe(text);
    }),
  );
});

test('an answer of Encrypt is read back as it was made, and with any byte changed it is refused', () => {
  const answers = fc.record({
    aad: fc.uint8Array({ maxLength: 40 }),
    ciphertext: fc.integer({ min: 1, max: 60 }).chain(bytes),
    iv: fc.constantFrom(12, 16).chain(bytes),
    tag: bytes(16),
    metadata: fc.integer({ min: 0, max: 20 }).chain(bytes),
  });
  const answerOf = (aad: Uint8Array, sealed: Parameters<typeof integrityValue>[1], integrity: Buffer): RawAnswer => ({
    status: 200,
    body: Buffer.from(
      JSON.stringify({
        ciphertext: sealed.ciphertext.toString('base64'),
        initializationVector: sealed.iv.toString('base64'),
        authenticationTag: sealed.tag.toString('base64'),
        ...(sealed.metadata.length === 0 ? {} : { ciphertextMetadata: sealed.metadata.toString('base64') }),
        ciphertextDataIntegrityValue: integrity.toString('base64'),
      }),
    ),
  });
  fc.assert(
    fc.property(answers, fc.constantFrom('ciphertext', 'iv', 'tag'), fc.nat(), ({ aad, ...sealed }, part, at) => {
      const integrity = integrityValue(aad, sealed);
      expect(readEncryptAnswer(answerOf(aad, sealed, integrity), aad, sealed.ciphertext.length)).toEqual(sealed);
      const flipped = Buffer.from(sealed[part]);
      flipped[at % flipped.length]! ^= 1;
      expect(() => readEncryptAnswer(answerOf(aad, { ...sealed, [part]: flipped }, integrity), aad, sealed.ciphertext.length)).toThrow(
        expect.objectContaining({ kind: 'MalformedResponse' }),
      );
    }),
  );
});
