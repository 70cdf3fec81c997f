import { describe, expect, test } from '@jest/globals';

import {
  algorithmsOf,
  isCompatible,
  isKeySpec,
  isKeyState,
  isKeyUsage,
  isOrigin,
  KEY_SPECS,
  KEY_STATES,
  KEY_USAGES,
  keyClassOf,
  keySpecs,
  mayRotateAutomatically,
  ORIGINS,
} from './index.ts';
import type { KeySpec, KeyUsage } from './index.ts';

/** The developer guide's table of specs, written down a second time: spec, usage, algorithms in DescribeKey's order. */
const GUIDE = `
  SYMMETRIC_DEFAULT | ENCRYPT_DECRYPT | SYMMETRIC_DEFAULT
  RSA_2048 RSA_3072 RSA_4096 | ENCRYPT_DECRYPT | RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256
  RSA_2048 RSA_3072 RSA_4096 | SIGN_VERIFY | RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PKCS1_V1_5_SHA_384 RSASSA_PKCS1_V1_5_SHA_512 RSASSA_PSS_SHA_256 RSASSA_PSS_SHA_384 RSASSA_PSS_SHA_512
  ECC_NIST_P256 | SIGN_VERIFY | ECDSA_SHA_256
  ECC_NIST_P384 | SIGN_VERIFY | ECDSA_SHA_384
  ECC_NIST_P521 | SIGN_VERIFY | ECDSA_SHA_512
  ECC_NIST_P256 ECC_NIST_P384 ECC_NIST_P521 SM2 | KEY_AGREEMENT | ECDH
  ECC_SECG_P256K1 | SIGN_VERIFY | ECDSA_SHA_256
  ECC_NIST_EDWARDS25519 | SIGN_VERIFY | ED25519_SHA_512 ED25519_PH_SHA_512
  SM2 | ENCRYPT_DECRYPT | SM2PKE
  SM2 | SIGN_VERIFY | SM2DSA
  HMAC_224 | GENERATE_VERIFY_MAC | HMAC_SHA_224
  HMAC_256 | GENERATE_VERIFY_MAC | HMAC_SHA_256
  HMAC_384 | GENERATE_VERIFY_MAC | HMAC_SHA_384
  HMAC_512 | GENERATE_VERIFY_MAC | HMAC_SHA_512
  ML_DSA_44 ML_DSA_65 ML_DSA_87 | SIGN_VERIFY | ML_DSA_SHAKE_256
  ML_KEM_512 ML_KEM_768 ML_KEM_1024 | ENCAPSULATE_DECAPSULATE | ML_KEM`;

const guide = new Map(
  GUIDE.trim()
    .split('\n')
    .flatMap((line) => {
      const [specs = '', usage = '', algorithms = ''] = line.split('|').map((part) => part.trim());
      return specs.split(' ').map((spec) => [`${spec} ${usage}`, algorithms.split(' ')] as const);
    }),
);
const pairs = KEY_SPECS.flatMap((spec) => KEY_USAGES.map((usage): [KeySpec, KeyUsage] => [spec, usage]));

describe('spec × usage', () => {
  test.each(pairs)('%s for %s has the algorithms of the guide', (spec, usage) => {
    const expected = guide.get(`${spec} ${usage}`);
    expect(algorithmsOf(spec, usage)).toEqual(expected ?? []);
    expect(isCompatible(spec, usage)).toBe(expected !== undefined);
  });

  test('the guide names no spec that the table lacks', () => {
    expect([...guide.keys()].every((key) => isKeySpec(key.split(' ')[0] ?? '') && isKeyUsage(key.split(' ')[1] ?? ''))).toBe(true);
  });
});

describe('a spec', () => {
  const where = (predicate: (spec: KeySpec) => boolean): KeySpec[] => KEY_SPECS.filter(predicate);

  test('can be imported unless it is post-quantum', () => {
    expect(where((spec) => !keySpecs[spec].importable)).toEqual([
      'ML_DSA_44',
      'ML_DSA_65',
      'ML_DSA_87',
      'ML_KEM_512',
      'ML_KEM_768',
      'ML_KEM_1024',
    ]);
  });

  test('makes data key pairs as the model’s DataKeyPairSpec says', () => {
    expect(where((spec) => keySpecs[spec].dataKeyPair)).toEqual([
      'RSA_2048',
      'RSA_3072',
      'RSA_4096',
      'ECC_NIST_P256',
      'ECC_NIST_P384',
      'ECC_NIST_P521',
      'ECC_SECG_P256K1',
      'ECC_NIST_EDWARDS25519',
      'SM2',
      'ML_KEM_512',
      'ML_KEM_768',
      'ML_KEM_1024',
    ]);
  });

  test('is a CustomerMasterKeySpec if it is older than 2023', () => {
    expect(where((spec) => !keySpecs[spec].isCustomerMasterKeySpec)).toEqual([
      'ECC_NIST_EDWARDS25519',
      'ML_DSA_44',
      'ML_DSA_65',
      'ML_DSA_87',
      'ML_KEM_512',
      'ML_KEM_768',
      'ML_KEM_1024',
    ]);
  });

  test.each([
    ['SYMMETRIC_DEFAULT', 'aes-derive'],
    ['RSA_3072', 'rsa'],
    ['ECC_NIST_P384', 'ec'],
    ['ECC_SECG_P256K1', 'ec'],
    ['SM2', 'ec'],
    ['ECC_NIST_EDWARDS25519', 'edwards'],
    ['HMAC_512', 'hmac'],
    ['ML_DSA_65', 'post-quantum'],
    ['ML_KEM_768', 'post-quantum'],
  ] as const)('%s is wrapped as class %s', (spec, keyClass) => {
    expect(keyClassOf(spec)).toBe(keyClass);
  });

  test('rotates by itself only if it is symmetric and its material was made here', () => {
    const rotating = KEY_SPECS.flatMap((spec) =>
      ORIGINS.filter((origin) => mayRotateAutomatically(spec, origin)).map((origin) => `${spec} ${origin}`),
    );
    expect(rotating).toEqual(['SYMMETRIC_DEFAULT AWS_KMS']);
  });
});

describe('spellings', () => {
  const all = [
    ['spec', isKeySpec, KEY_SPECS],
    ['usage', isKeyUsage, KEY_USAGES],
    ['origin', isOrigin, ORIGINS],
    ['state', isKeyState, KEY_STATES],
  ] as const;
  test.each(all)('every %s is known and nothing else', (_name, isName: (text: string) => boolean, names) => {
    expect(names.every(isName)).toBe(true);
    expect(['', 'toString', '__proto__', names[0].toLowerCase()].some(isName)).toBe(false);
  });
});
