import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { removeOaep } from './software-oaep.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const nodeHash = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const;
type Hash = keyof typeof nodeHash;

/** What a token's raw RSA operation gives. */
function encoded(message: Buffer, hash: Hash): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const ciphertext = publicEncrypt({ key: publicKey, padding, oaepHash: nodeHash[hash] }, message);
  return privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, ciphertext);
}

describe.each(['SHA-1', 'SHA-256'] as const)('OAEP with %s', (hash) => {
  test.each([1, 31, 32, 190])('comes off a message of %i bytes that OpenSSL padded', (length) => {
    const message = randomBytes(length);
    expect(removeOaep(encoded(message, hash), hash)).toEqual(message);
  });

  test('messages of zeros and ones come back whole', () => {
    for (const message of [Buffer.alloc(40), Buffer.alloc(40, 1), Buffer.from([1]), Buffer.from([0])]) {
      expect(removeOaep(encoded(message, hash), hash)).toEqual(message);
    }
  });

  test('what was encoded is wiped, whether it fitted or not', () => {
    const good = encoded(randomBytes(32), hash);
    removeOaep(good, hash);
    expect(good).toEqual(Buffer.alloc(256));
    const bad = randomBytes(256);
    removeOaep(bad, hash);
    expect(bad).toEqual(Buffer.alloc(256));
  });

  test('any byte turned makes it no padding at all', () => {
    const message = randomBytes(32);
    for (let at = 0; at < 256; at++) {
      const bytes = encoded(message, hash);
      bytes[at] = (bytes[at] ?? 0) ^ 0x80;
      expect(removeOaep(bytes, hash)).toBeUndefined();
    }
  });

  test('the other hash, random bytes and too few of them are no padding', () => {
    expect(removeOaep(encoded(randomBytes(32), hash), hash === 'SHA-1' ? 'SHA-256' : 'SHA-1')).toBeUndefined();
    expect(removeOaep(randomBytes(256), hash)).toBeUndefined();
    expect(removeOaep(Buffer.alloc(256), hash)).toBeUndefined();
    expect(removeOaep(Buffer.alloc(40), hash)).toBeUndefined();
    expect(removeOaep(Buffer.alloc(0), hash)).toBeUndefined();
  });
});
