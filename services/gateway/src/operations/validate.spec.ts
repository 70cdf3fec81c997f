import { describe, expect, test } from '@jest/globals';
import { awsEnum, operations } from '@trent/contracts';
import { jsonReader } from '../http/aws-json.ts';
import { validator } from './validate.ts';

function messageOf(name: string, json: object): string | undefined {
  const operation = operations.get(name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  const error = validator(operation.request)(jsonReader(operation.request)(json));
  if (error !== undefined) expect(error.code).toBe('ValidationException');
  return error?.message;
}

const single = (rest: string) => `1 validation error detected: ${rest}`;

describe('members within their bounds', () => {
  test.each([
    ['kms.Encrypt', { KeyId: 'k', Plaintext: 'AA==' }],
    ['kms.Encrypt', { KeyId: 'x'.repeat(2048), Plaintext: Buffer.alloc(4096).toString('base64'), EncryptionContext: { a: '' } }],
    ['kms.GenerateRandom', { NumberOfBytes: 1024 }],
    ['kms.CreateKey', { KeySpec: 'SYMMETRIC_DEFAULT', Tags: [{ TagKey: 'k', TagValue: '' }] }],
    ['kms.ListKeys', {}],
    ['kms.CreateKey', { Description: '😀'.repeat(8192) }],
  ])('%s %j passes', (name, json) => {
    expect(messageOf(name, json)).toBeUndefined();
  });
});

describe('a member out of bounds is told in AWS words', () => {
  test.each([
    ['kms.DescribeKey', {}, "Value null at 'keyId' failed to satisfy constraint: Member must not be null"],
    [
      'kms.DescribeKey',
      { KeyId: '' },
      "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'kms.DescribeKey',
      { KeyId: 'x'.repeat(2049) },
      `Value '${'x'.repeat(2049)}' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048`,
    ],
    [
      'kms.Encrypt',
      { KeyId: 'k', Plaintext: '' },
      "Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'kms.Encrypt',
      { KeyId: 'k', Plaintext: Buffer.alloc(4097).toString('base64') },
      "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
    [
      'kms.GenerateRandom',
      { NumberOfBytes: 1025 },
      "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    ],
    [
      'kms.GenerateRandom',
      { NumberOfBytes: 0 },
      "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'kms.CreateKey',
      { Tags: [{ TagKey: '', TagValue: 'v' }] },
      "Value '' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'kms.GetKeyPolicy',
      { KeyId: 'k', PolicyName: 'a b' },
      "Value 'a b' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+",
    ],
    [
      'kms.DescribeKey',
      { KeyId: 'k', GrantTokens: Array<string>(11).fill('t') },
      `Value '[${Array<string>(11).fill('t').join(', ')}]' at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10`,
    ],
    [
      'kms.DescribeKey',
      { KeyId: 'k', GrantTokens: ['t', ''] },
      "Value '[t, ]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: " +
        '[Member must have length less than or equal to 8192, Member must have length greater than or equal to 1]',
    ],
    [
      'kms.Encrypt',
      { KeyId: 'k', Plaintext: 'AA==', EncryptionContext: { a: null } },
      "Value at 'encryptionContext' failed to satisfy constraint: Map value must satisfy constraint: [Member must not be null]",
    ],
    ['kms.CreateKey', { Tags: [null] }, "Value null at 'tags.1.member' failed to satisfy constraint: Member must not be null"],
  ])('%s %#', (name, json, message) => {
    expect(messageOf(name, json)).toBe(single(message));
  });

  test('an unknown spelling of an enum is shown with the set', () => {
    const set = awsEnum('trent.kms.v1.DataKeySpec').values.join(', ');
    expect(messageOf('kms.GenerateDataKey', { KeyId: 'k', KeySpec: 'AES_1' })).toBe(
      single(`Value 'AES_1' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [${set}]`),
    );
  });

  test('an unknown number of an enum, from a gRPC caller, is no better', () => {
    const operation = operations.get('kms.GenerateDataKey');
    const message = { ...operation?.requestCodec.decode(Buffer.alloc(0)), keyId: 'k', keySpec: 99 };
    expect(operation && validator(operation.request)(message)?.message).toContain("Value '99' at 'keySpec'");
  });

  test('an unknown spelling in a list shows the list', () => {
    expect(messageOf('kms.ListKeys', { ResourceOwners: ['SELF', 'X'] })).toContain(
      "Value '[SELF, X]' at 'resourceOwners' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [",
    );
  });

  test('all members are told at once', () => {
    expect(messageOf('kms.Encrypt', { GrantTokens: [''] })).toBe(
      "3 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; " +
        "Value at 'plaintext' failed to satisfy constraint: Member must not be null; ".replace('Value at', 'Value null at') +
        "Value '[]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: " +
        '[Member must have length less than or equal to 8192, Member must have length greater than or equal to 1]',
    );
  });

  test('a member may break two bounds', () => {
    expect(messageOf('kms.CreateAlias', { AliasName: '', TargetKeyId: 'k' })).toBe(
      "2 validation errors detected: Value '' at 'aliasName' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        "Value '' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
    );
  });

  test('a very long value is not repeated', () => {
    expect(messageOf('kms.CreateKey', { Description: 'd'.repeat(8193) })).toBe(
      single("Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192"),
    );
  });
});
