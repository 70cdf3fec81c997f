import { describe, expect, test } from '@jest/globals';
import { awsEnum, operations, type authorize, type Operation } from '@trent/contracts';
import { quotaClassesOf } from './quota-class.ts';

const key = (keySpec: string, customKeyStoreId = ''): authorize.ResolvedKey => ({ keySpec, customKeyStoreId }) as authorize.ResolvedKey;
const operation = (name: string): Operation => {
  const found = operations.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe('what a request counts against (kms-api §15.4)', () => {
  test.each([
    ['kms.Encrypt', ['SYMMETRIC_DEFAULT'], ['CryptographicOperationsSymmetric']],
    ['kms.Encrypt', ['RSA_4096'], ['CryptographicOperationsRsa']],
    ['kms.Sign', ['RSA_2048'], ['CryptographicOperationsRsa']],
    ['kms.Verify', ['ECC_NIST_P256'], ['CryptographicOperationsEcc']],
    ['kms.Sign', ['ECC_NIST_EDWARDS25519'], ['CryptographicOperationsEcc']],
    ['kms.Sign', ['ML_DSA_65'], ['CryptographicOperationsMlDsa']],
    ['kms.Encapsulate', ['ML_KEM_768'], ['CryptographicOperationsMlKem']],
    ['kms.Decapsulate', ['ML_KEM_1024'], ['CryptographicOperationsMlKem']],
    ['kms.ReEncrypt', ['SYMMETRIC_DEFAULT', 'RSA_2048'], ['CryptographicOperationsSymmetric', 'CryptographicOperationsRsa']],
    ['kms.ReEncrypt', ['RSA_2048', 'RSA_3072'], ['CryptographicOperationsRsa']],
    ['kms.ReEncrypt', ['SYMMETRIC_DEFAULT', 'SYMMETRIC_DEFAULT'], ['CryptographicOperationsSymmetric']],
    ['kms.GetPublicKey', ['RSA_2048'], ['GetPublicKey']],
    ['kms.DescribeKey', ['RSA_2048'], ['DescribeKey']],
    ['kms.GenerateRandom', [], ['CryptographicOperationsSymmetric']],
  ])('%s with %j: %j', (name, specs, classes) => {
    expect(
      quotaClassesOf(
        operation(name),
        specs.map((spec) => key(spec)),
      ).map((one) => one.name),
    ).toEqual(classes);
  });

  test('each custom key store has a pool of its own', () => {
    const inStore = key('SYMMETRIC_DEFAULT', 'cks-1234567890abcdef0');
    const pool = { name: 'CustomKeyStore/cks-1234567890abcdef0', perSecond: 1_800 };
    expect(quotaClassesOf(operation('kms.Encrypt'), [inStore])).toEqual([pool]);
    const [first, second] = quotaClassesOf(operation('kms.ReEncrypt'), [key('SYMMETRIC_DEFAULT'), inStore]);
    expect([first?.name, second]).toEqual(['CryptographicOperationsSymmetric', pool]);
  });
});

describe('data key pairs count by what they are', () => {
  test.each([
    ['RSA_2048', 20],
    ['RSA_3072', 4],
    ['RSA_4096', 1],
    ['ECC_NIST_P256', 100],
    ['SM2', 25],
  ])('%s: %i a second, for both operations together', (spec, perSecond) => {
    const keyPairSpec = awsEnum('trent.kms.v1.DataKeyPairSpec').fromAws(spec);
    for (const name of ['kms.GenerateDataKeyPair', 'kms.GenerateDataKeyPairWithoutPlaintext']) {
      expect(quotaClassesOf(operation(name), [key('SYMMETRIC_DEFAULT')], { keyPairSpec })).toEqual([
        { name: `GenerateDataKeyPair/${spec}`, perSecond },
      ]);
    }
  });
});
