import { describe, expect, test } from '@jest/globals';

import {
  checkMakesDataKeyPairs,
  checkSpecAndOrigin,
  GRANT_OPERATIONS,
  grantOperationsOf,
  isCompatible,
  KEY_SPECS,
  KEY_USAGES,
  mayWrap,
  ORIGINS,
  usageOfNewKey,
  WRAPPING_ALGORITHMS,
  WRAPPING_KEY_SPECS,
} from './index.ts';
import type { KeySpec, KeyUsage } from './index.ts';

describe('usage of a new key', () => {
  test('is ENCRYPT_DECRYPT when left out for SYMMETRIC_DEFAULT', () => {
    expect(usageOfNewKey('SYMMETRIC_DEFAULT', undefined)).toBe('ENCRYPT_DECRYPT');
  });

  test.each(KEY_SPECS.filter((spec) => spec !== 'SYMMETRIC_DEFAULT'))('must be given for %s', (spec) => {
    expect(() => usageOfNewKey(spec, undefined)).toThrow(
      expect.objectContaining({
        code: 'ValidationException',
        message: 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
      }),
    );
  });

  test.each(KEY_SPECS.flatMap((spec) => KEY_USAGES.map((usage) => [usage, spec] as const)))('%s with %s', (usage, spec) => {
    if (isCompatible(spec, usage)) expect(usageOfNewKey(spec, usage)).toBe(usage);
    else {
      expect(() => usageOfNewKey(spec, usage)).toThrow(
        expect.objectContaining({ code: 'ValidationException', message: `KeyUsage ${usage} is not compatible with KeySpec ${spec}` }),
      );
    }
  });
});

describe('spec × origin', () => {
  const allowed = (spec: KeySpec, origin: string): boolean =>
    origin === 'AWS_KMS' || spec === 'SYMMETRIC_DEFAULT' || (origin === 'EXTERNAL' && !spec.startsWith('ML_'));
  test.each(KEY_SPECS.flatMap((spec) => ORIGINS.map((origin) => [spec, origin] as const)))('%s with %s', (spec, origin) => {
    const act = (): void => {
      checkSpecAndOrigin(spec, origin, false);
    };
    if (allowed(spec, origin)) act();
    else
      expect(act).toThrow(
        expect.objectContaining({ code: 'ValidationException', message: `KeySpec ${spec} is not supported for Origin ${origin}` }),
      );
  });

  test.each(ORIGINS)('a multi-Region key with %s', (origin) => {
    const act = (): void => {
      checkSpecAndOrigin('SYMMETRIC_DEFAULT', origin, true);
    };
    if (origin === 'AWS_KMS' || origin === 'EXTERNAL') act();
    else expect(act).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });

  test.each(ORIGINS)('data key pairs under a key with %s', (origin) => {
    const act = (): void => {
      checkMakesDataKeyPairs('arn', origin);
    };
    if (origin === 'AWS_KMS' || origin === 'EXTERNAL') act();
    else expect(act).toThrow(expect.objectContaining({ code: 'UnsupportedOperationException' }));
  });
});

describe('what a grant can name', () => {
  const always = 'CreateGrant RetireGrant DescribeKey';
  const rows: [KeySpec, KeyUsage, string][] = [
    [
      'SYMMETRIC_DEFAULT',
      'ENCRYPT_DECRYPT',
      `Encrypt Decrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext ReEncryptFrom ReEncryptTo ${always}`,
    ],
    ['RSA_2048', 'ENCRYPT_DECRYPT', `Encrypt Decrypt ReEncryptFrom ReEncryptTo GetPublicKey ${always}`],
    ['SM2', 'ENCRYPT_DECRYPT', `Encrypt Decrypt ReEncryptFrom ReEncryptTo GetPublicKey ${always}`],
    ['RSA_2048', 'SIGN_VERIFY', `Sign Verify GetPublicKey ${always}`],
    ['ML_DSA_44', 'SIGN_VERIFY', `Sign Verify GetPublicKey ${always}`],
    ['ECC_NIST_P256', 'KEY_AGREEMENT', `DeriveSharedSecret GetPublicKey ${always}`],
    ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE', `Encapsulate Decapsulate GetPublicKey ${always}`],
    ['HMAC_256', 'GENERATE_VERIFY_MAC', `GenerateMac VerifyMac ${always}`],
  ];
  test.each(rows)('on a %s key for %s', (spec, usage, operations) => {
    expect(new Set(grantOperationsOf(spec, usage))).toEqual(new Set(operations.split(' ')));
  });

  test('every grant operation suits some key', () => {
    expect(new Set(rows.flatMap(([spec, usage]) => grantOperationsOf(spec, usage)))).toEqual(new Set(GRANT_OPERATIONS));
  });
});

describe('how material may be wrapped for import', () => {
  const cells = KEY_SPECS.flatMap((spec) =>
    WRAPPING_ALGORITHMS.flatMap((algorithm) => WRAPPING_KEY_SPECS.map((wrapping) => [spec, algorithm, wrapping] as const)),
  );
  const expected = (spec: KeySpec, algorithm: string, wrapping: string): boolean => {
    const secret = spec === 'SYMMETRIC_DEFAULT' || spec.startsWith('HMAC');
    const curve = spec.startsWith('ECC') || spec === 'SM2';
    if (wrapping === 'SM2' || algorithm === 'SM2PKE') return `${spec} ${algorithm} ${wrapping}` === 'SM2 SM2PKE SM2';
    if (algorithm.startsWith('RSAES_OAEP')) return secret || (curve && `${spec} ${wrapping}` !== 'ECC_NIST_P521 RSA_2048');
    return algorithm.startsWith('RSA_AES_KEY_WRAP') && (curve || spec.startsWith('RSA'));
  };
  test.each(cells)('%s by %s under %s', (spec, algorithm, wrapping) => {
    expect(mayWrap(spec, algorithm, wrapping)).toBe(expected(spec, algorithm, wrapping));
  });
});
