import { generateKeyPairSync, type MLDSAKeyPairOptions } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isPostQuantumSpec, postQuantumSpki, rawPostQuantumKey } from './post-quantum-spki.ts';

const encodings: MLDSAKeyPairOptions<'der', 'der'> = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
};

describe('SubjectPublicKeyInfo of a post-quantum key', () => {
  test.each([
    ['ML_DSA_44', () => generateKeyPairSync('ml-dsa-44', encodings)],
    ['ML_DSA_65', () => generateKeyPairSync('ml-dsa-65', encodings)],
    ['ML_DSA_87', () => generateKeyPairSync('ml-dsa-87', encodings)],
    ['ML_KEM_512', () => generateKeyPairSync('ml-kem-512', encodings)],
    ['ML_KEM_768', () => generateKeyPairSync('ml-kem-768', encodings)],
    ['ML_KEM_1024', () => generateKeyPairSync('ml-kem-1024', encodings)],
  ] as const)('of %s is what OpenSSL writes, and its raw key comes out again', (spec, generate) => {
    const { publicKey } = generate();
    const raw = rawPostQuantumKey(spec, publicKey);
    expect(postQuantumSpki(spec, raw).equals(publicKey)).toBe(true);
  });

  test('is not made of a key of another length', () => {
    expect(() => postQuantumSpki('ML_KEM_768', Buffer.alloc(1183))).toThrow('1183 bytes for ML_KEM_768');
  });

  test.each([
    ['ML_DSA_65', true],
    ['RSA_2048', false],
    ['toString', false],
  ])('%s is a post-quantum spec: %s', (spec, expected) => {
    expect(isPostQuantumSpec(spec)).toBe(expected);
  });
});
