import { describe, expect, test } from '@jest/globals';

import { algorithmsOf, checkHasPublicKey, checkKeyUsage, isUsageOperation, KEY_SPECS, KEY_USAGES, usageTable } from './index.ts';
import type { KeySpec, KeyUsage, UsageOperation } from './index.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1b2c3d4e-0000-4000-8000-00000000000a';

/** Which usage each operation needs, said a second time. */
const needs: Record<UsageOperation, KeyUsage> = {
  Encrypt: 'ENCRYPT_DECRYPT',
  Decrypt: 'ENCRYPT_DECRYPT',
  ReEncryptFrom: 'ENCRYPT_DECRYPT',
  ReEncryptTo: 'ENCRYPT_DECRYPT',
  GenerateDataKey: 'ENCRYPT_DECRYPT',
  GenerateDataKeyWithoutPlaintext: 'ENCRYPT_DECRYPT',
  GenerateDataKeyPair: 'ENCRYPT_DECRYPT',
  GenerateDataKeyPairWithoutPlaintext: 'ENCRYPT_DECRYPT',
  Sign: 'SIGN_VERIFY',
  Verify: 'SIGN_VERIFY',
  GenerateMac: 'GENERATE_VERIFY_MAC',
  VerifyMac: 'GENERATE_VERIFY_MAC',
  DeriveSharedSecret: 'KEY_AGREEMENT',
  Encapsulate: 'ENCAPSULATE_DECAPSULATE',
  Decapsulate: 'ENCAPSULATE_DECAPSULATE',
};
const cells = (Object.keys(usageTable) as UsageOperation[]).flatMap((operation) =>
  KEY_SPECS.flatMap((spec) =>
    KEY_USAGES.filter((usage) => algorithmsOf(spec, usage).length > 0).map((usage): [UsageOperation, KeySpec, KeyUsage] => [
      operation,
      spec,
      usage,
    ]),
  ),
);
const attempt =
  (...args: Parameters<typeof checkKeyUsage>): (() => void) =>
  () => {
    checkKeyUsage(...args);
  };

describe('operation × usage', () => {
  test.each(cells)('%s with a %s key for %s', (operation, spec, usage) => {
    if (usage === needs[operation]) {
      for (const algorithm of algorithmsOf(spec, usage)) {
        if (!operation.startsWith('GenerateDataKey')) checkKeyUsage(operation, ARN, spec, usage, algorithm);
      }
      return;
    }
    const shown = operation.replace(/^ReEncrypt.*/, 'ReEncrypt');
    const answer =
      operation === 'Decrypt' || operation === 'ReEncryptFrom'
        ? { code: 'IncorrectKeyException', message: 'The key ID in the request does not identify a CMK that can perform this operation.' }
        : { code: 'InvalidKeyUsageException', message: `${ARN} key usage is ${usage} which is not valid for ${shown}.` };
    expect(attempt(operation, ARN, spec, usage)).toThrow(expect.objectContaining(answer));
  });

  test('GetPublicKey, DescribeKey and what is no operation have no usage', () => {
    expect(['GetPublicKey', 'DescribeKey', 'ReEncrypt', 'toString', ''].some(isUsageOperation)).toBe(false);
  });
});

describe('algorithm × spec', () => {
  const rows: [UsageOperation, KeySpec, KeyUsage, string | undefined, string][] = [
    ['GenerateMac', 'HMAC_224', 'GENERATE_VERIFY_MAC', 'HMAC_SHA_256', 'HMAC_SHA_256'],
    ['Encrypt', 'RSA_4096', 'ENCRYPT_DECRYPT', undefined, 'SYMMETRIC_DEFAULT'],
    ['Decrypt', 'RSA_2048', 'ENCRYPT_DECRYPT', undefined, 'SYMMETRIC_DEFAULT'],
    ['ReEncryptTo', 'RSA_2048', 'ENCRYPT_DECRYPT', undefined, 'SYMMETRIC_DEFAULT'],
    ['Encrypt', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_1'],
    ['Sign', 'ECC_NIST_P256', 'SIGN_VERIFY', 'ECDSA_SHA_384', 'ECDSA_SHA_384'],
    ['Sign', 'ML_DSA_44', 'SIGN_VERIFY', 'RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_256'],
    ['GenerateDataKey', 'RSA_2048', 'ENCRYPT_DECRYPT', undefined, 'SYMMETRIC_DEFAULT'],
    ['GenerateDataKeyPair', 'RSA_2048', 'ENCRYPT_DECRYPT', undefined, 'SYMMETRIC_DEFAULT'],
  ];
  test.each(rows)('%s with a %s key for %s and algorithm %s', (operation, spec, usage, algorithm, named) => {
    expect(attempt(operation, ARN, spec, usage, algorithm)).toThrow(
      expect.objectContaining({ code: 'InvalidKeyUsageException', message: `Algorithm ${named} is incompatible with key spec ${spec}.` }),
    );
  });

  test('a symmetric key encrypts without an algorithm being named', () => {
    checkKeyUsage('Encrypt', ARN, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
    checkKeyUsage('GenerateDataKeyPair', ARN, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
  });
});

describe('GetPublicKey', () => {
  test.each(KEY_SPECS)('of a %s key', (spec) => {
    const act = (): void => {
      checkHasPublicKey(ARN, spec);
    };
    if (spec === 'SYMMETRIC_DEFAULT' || spec.startsWith('HMAC_'))
      expect(act).toThrow(expect.objectContaining({ code: 'UnsupportedOperationException' }));
    else act();
  });
});
