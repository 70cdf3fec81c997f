import { describe, expect, test } from '@jest/globals';
import { operations, type OperationName } from '@trent/contracts';
import { jsonReader } from '../http/aws-json.ts';
import { requestRules } from './request-rules.ts';

function apply(name: OperationName, json: object): void {
  const operation = operations.get(name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  const message = jsonReader(operation.request)(json);
  for (const rule of requestRules[name] ?? []) rule(message);
}

const recipient = { Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'AA==' } };

describe('requests that make sense', () => {
  test.each<[OperationName, object]>([
    ['kms.GenerateDataKey', { KeySpec: 'AES_256' }],
    ['kms.GenerateDataKeyWithoutPlaintext', { NumberOfBytes: 32 }],
    ['kms.GenerateRandom', { NumberOfBytes: 1 }],
    ['kms.CreateAlias', { AliasName: 'alias/a/b', TargetKeyId: 'k' }],
    ['kms.ScheduleKeyDeletion', {}],
    ['kms.ImportKeyMaterial', { ValidTo: 1 }],
    ['kms.ImportKeyMaterial', { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: 1, KeyMaterialId: 'a' }],
    ['kms.ImportKeyMaterial', { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ImportType: 'NEW_KEY_MATERIAL' }],
    ['kms.ScheduleKeyDeletion', { PendingWindowInDays: 7 }],
    ['kms.Decrypt', { CiphertextBlob: 'AA==' }],
    ['kms.Decrypt', { KeyId: 'k', DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }],
    ['kms.CreateKey', { Tags: [{ TagKey: 'a' }, { TagKey: 'A' }] }],
    ['kms.Encrypt', { EncryptionContext: { k: 'v'.repeat(8187) } }],
    ['kms.Encrypt', { EncryptionContext: { k: 'v' }, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }],
    ['kms.Encrypt', { EncryptionContext: {}, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
  ])('%s %j passes', (name, json) => {
    expect(() => apply(name, json)).not.toThrow();
  });
});

describe('requests that do not', () => {
  test.each<[OperationName, object, string, string | RegExp]>([
    [
      'kms.Encrypt',
      { EncryptionContext: { k: 'v' }, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' },
      'ValidationException',
      'EncryptionContext is not supported for asymmetric encryption algorithms.',
    ],
    [
      'kms.Decrypt',
      { CiphertextBlob: 'AA==', EncryptionContext: { k: 'v' }, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
      'ValidationException',
      'EncryptionContext is not supported for asymmetric encryption algorithms.',
    ],
    [
      'kms.ReEncrypt',
      { CiphertextBlob: 'AA==', DestinationEncryptionContext: { k: 'v' }, DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' },
      'ValidationException',
      'EncryptionContext is not supported for asymmetric encryption algorithms.',
    ],
    ['kms.GenerateDataKey', {}, 'ValidationException', 'Please specify either number of bytes or key spec.'],
    [
      'kms.GenerateDataKey',
      { KeySpec: 'AES_256', NumberOfBytes: 1 },
      'ValidationException',
      'Please specify either number of bytes or key spec.',
    ],
    ['kms.GenerateRandom', {}, 'ValidationException', 'NumberOfBytes is required.'],
    ['kms.ImportKeyMaterial', {}, 'ValidationException', /^A validTo date must be set/],
    ['kms.ImportKeyMaterial', { ExpirationModel: 'KEY_MATERIAL_EXPIRES' }, 'ValidationException', /^A validTo date must be set/],
    [
      'kms.ImportKeyMaterial',
      { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ValidTo: 1 },
      'ValidationException',
      /^A validTo date must not be set/,
    ],
    [
      'kms.ImportKeyMaterial',
      { ValidTo: 1, ImportType: 'NEW_KEY_MATERIAL', KeyMaterialId: 'a' },
      'ValidationException',
      /^KeyMaterialId cannot be specified/,
    ],
    [
      'kms.CreateCustomKeyStore',
      { CustomKeyStoreName: 's', CloudHsmClusterId: 'cluster-demonstration', KeyStorePassword: 'password' },
      'ValidationException',
      'TrustAnchorCertificate is required for a custom key store of type AWS_CLOUDHSM.',
    ],
    [
      'kms.CreateCustomKeyStore',
      { CustomKeyStoreName: 's', CustomKeyStoreType: 'EXTERNAL_KEY_STORE', KeyStorePassword: 'password' },
      'ValidationException',
      'XksProxyUriEndpoint is required for a custom key store of type EXTERNAL_KEY_STORE.',
    ],
    [
      'kms.DescribeCustomKeyStores',
      { CustomKeyStoreId: 'cks-1', CustomKeyStoreName: 's' },
      'ValidationException',
      'You cannot specify CustomKeyStoreId and CustomKeyStoreName in the same request.',
    ],
    ['kms.GenerateRandom', { NumberOfBytes: 1, ...recipient }, 'ValidationException', 'Recipient is not supported'],
    ['kms.Decrypt', { CiphertextBlob: 'AA==', ...recipient }, 'ValidationException', 'Recipient is not supported'],
    ['kms.GenerateDataKey', { KeySpec: 'AES_256', ...recipient }, 'ValidationException', 'Recipient is not supported'],
    ['kms.Decrypt', {}, 'ValidationException', /Value null at 'ciphertextBlob'/],
    ['kms.ReEncrypt', {}, 'ValidationException', /Value null at 'ciphertextBlob'/],
    ['kms.Decrypt', { CiphertextBlob: 'AA==', DryRunModifiers: ['IGNORE_CIPHERTEXT'] }, 'ValidationException', /DryRun/],
    ['kms.Decrypt', { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }, 'ValidationException', /Value null at 'keyId'/],
    ['kms.ReEncrypt', { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }, 'ValidationException', /Value null at 'sourceKeyId'/],
    [
      'kms.ScheduleKeyDeletion',
      { PendingWindowInDays: 6 },
      'ValidationException',
      /'6' at 'pendingWindowInDays'.*greater than or equal to 7/,
    ],
    [
      'kms.ScheduleKeyDeletion',
      { PendingWindowInDays: 31 },
      'ValidationException',
      /'31' at 'pendingWindowInDays'.*less than or equal to 30/,
    ],
    ['kms.CreateAlias', { AliasName: 'a' }, 'ValidationException', /^Alias must start with the prefix "alias\/"/],
    ['kms.CreateAlias', { AliasName: 'alias/' }, 'ValidationException', 'alias/ contains invalid characters for an alias'],
    ['kms.CreateAlias', { AliasName: 'alias/a:b' }, 'ValidationException', 'alias/a:b contains invalid characters for an alias'],
    ['kms.CreateAlias', { AliasName: 'alias/aws/s3' }, 'NotAuthorizedException', ''],
    ['kms.CreateAlias', { AliasName: 'alias/a', TargetKeyId: 'alias/b' }, 'ValidationException', 'Aliases must refer to keys. Not aliases'],
    [
      'kms.CreateAlias',
      { AliasName: 'alias/a', TargetKeyId: 'arn:aws:kms:us-east-1:111122223333:alias/b' },
      'ValidationException',
      'Aliases must refer to keys. Not aliases',
    ],
    ['kms.CreateKey', { KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_2048' }, 'ValidationException', /^You cannot specify KeySpec and/],
    ['kms.CreateKey', { Tags: [{ TagKey: 'AWS:x' }] }, 'TagException', 'Tags beginning with aws: are reserved'],
    ['kms.CreateKey', { Tags: [{ TagKey: 'x' }, { TagKey: 'x' }] }, 'TagException', 'Duplicate tag keys'],
    ['kms.TagResource', { Tags: [{ TagKey: 'x' }, { TagKey: 'x' }] }, 'TagException', 'Duplicate tag keys'],
    ['kms.TagResource', { Tags: Array.from({ length: 51 }, (_, n) => ({ TagKey: String(n) })) }, 'TagException', 'Too many tags'],
    ['kms.TagResource', { Tags: [{ TagKey: 'x;' }] }, 'TagException', 'Tags contain invalid characters'],
    ['kms.CreateKey', { Tags: [{ TagKey: 'x', TagValue: 'a\tb' }] }, 'TagException', 'Tags contain invalid characters'],
    ['kms.UntagResource', { TagKeys: Array.from({ length: 51 }, String) }, 'TagException', 'Too many tags'],
    ['kms.UpdateAlias', { AliasName: 'a' }, 'ValidationException', /^Alias must start with the prefix "alias\/"/],
    ['kms.UpdateAlias', { AliasName: 'alias/a', TargetKeyId: 'alias/b' }, 'ValidationException', 'Aliases must refer to keys. Not aliases'],
    ['kms.DeleteAlias', { AliasName: 'alias/aws/s3' }, 'NotAuthorizedException', ''],
    ['kms.PutKeyPolicy', { PolicyName: 'AWS_RAM' }, 'ValidationException', 'The AWS_RAM policy can only be managed by the RAM service'],
    ['kms.Encrypt', { EncryptionContext: { k: 'v'.repeat(8188) } }, 'ValidationException', /8192/],
    ['kms.Encrypt', { EncryptionContext: { k: 'é'.repeat(4095) } }, 'ValidationException', /8192/],
  ])('%s %j', (name, json, code, message) => {
    expect(() => apply(name, json)).toThrow(
      expect.objectContaining({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) }),
    );
  });
});
