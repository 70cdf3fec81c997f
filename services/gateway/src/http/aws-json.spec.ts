import { describe, expect, test } from '@jest/globals';
import { awsEnum, kms, messageDescriptor, operations, type Operation } from '@trent/contracts';
import { jsonReader, parseJsonBody } from './aws-json.ts';
import { jsonWriter } from './aws-json-writer.ts';

function operation(name: string): Operation {
  const found = operations.get(name);
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found;
}

function read(name: string, json: unknown): object {
  return jsonReader(operation(name).request)(parseJsonBody(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))));
}

const number = (enumName: string, spelling: string) => awsEnum(`trent.kms.v1.${enumName}`).fromAws(spelling);

describe('reading a request', () => {
  test('members of every kind become the message that ts-proto would make', () => {
    const message = read('kms.Encrypt', {
      KeyId: 'alias/a',
      Plaintext: 'aGVsbG8=',
      EncryptionContext: { b: 'c' },
      GrantTokens: ['t'],
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DryRun: false,
    });
    expect(message).toEqual(
      kms.EncryptRequest.create({
        keyId: 'alias/a',
        plaintext: Buffer.from('hello'),
        encryptionContext: new Map([['b', 'c']]),
        grantTokens: ['t'],
        encryptionAlgorithm: number('EncryptionAlgorithm', 'SYMMETRIC_DEFAULT') as never,
        dryRun: false,
      }),
    );
  });

  test('unknown members are ignored, null is absent, no body is no members', () => {
    const empty = kms.DescribeKeyRequest.create();
    expect(read('kms.DescribeKey', { Nope: 1, KeyId: null, GrantTokens: null })).toEqual(empty);
    expect(read('kms.DescribeKey', '')).toEqual(empty);
  });

  test('keys of a map that are names of objects survive', () => {
    const message = read('kms.Encrypt', '{"EncryptionContext":{"__proto__":"p","constructor":"c","":"e"}}') as kms.EncryptRequest;
    expect([...message.encryptionContext]).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['', 'e'],
    ]);
    expect(Object.hasOwn(read('kms.Encrypt', '{"__proto__":{"KeyId":"x"}}'), '__proto__')).toBe(false);
    expect((read('kms.Encrypt', '{"__proto__":{"KeyId":"x"}}') as kms.EncryptRequest).keyId).toBeUndefined();
  });

  test('the last of a repeated member counts', () => {
    expect((read('kms.DescribeKey', '{"KeyId":"a","KeyId":"b"}') as kms.DescribeKeyRequest).keyId).toBe('b');
  });

  test('a number as value of an encryption context is text', () => {
    const message = read('kms.Encrypt', { EncryptionContext: { n: 7 } }) as kms.EncryptRequest;
    expect(message.encryptionContext.get('n')).toBe('7');
  });

  test('a spelling that no enum knows stays for validation', () => {
    expect(read('kms.CreateKey', { KeySpec: 'AES_1' })).toMatchObject({ keySpec: 'AES_1' });
  });

  test('structures in lists are read whole', () => {
    expect(read('kms.CreateKey', { Tags: [{ TagKey: 'k', TagValue: 'v' }, {}] })).toMatchObject({
      tags: [
        { tagKey: 'k', tagValue: 'v' },
        { tagKey: undefined, tagValue: undefined },
      ],
    });
  });

  test('timestamps are epoch seconds with milliseconds', () => {
    const message = read('cloudtrail.LookupEvents', '{"StartTime":1.700000000123E9,"EndTime":1700000001}');
    expect(message).toMatchObject({ startTime: new Date(1_700_000_000_123), endTime: new Date(1_700_000_001_000) });
  });
});

describe('what cannot be read', () => {
  test.each([
    ['a number for a string', { KeyId: 1 }, 'NUMBER_VALUE can not be converted to a String'],
    ['true for a string', { KeyId: true }, 'TRUE_VALUE can not be converted to a String'],
    ['a structure for a string', { KeyId: {} }, 'Start of structure or map found where not expected'],
    ['a list for a string', { KeyId: [] }, 'Start of list found where not expected'],
    ['a string for a boolean', { DryRun: 'true' }, 'STRING_VALUE can not be converted to a Boolean'],
    ['a string for a list', { GrantTokens: 'x' }, 'Unexpected field type'],
    ['a structure for a list', { GrantTokens: {} }, 'Start of structure or map found where not expected'],
    ['a list for a map', { EncryptionContext: [] }, 'Start of list found where not expected'],
    ['true as value of a map', { EncryptionContext: { a: true } }, 'TRUE_VALUE can not be converted to a String'],
    ['a number for an enum', { EncryptionAlgorithm: 1 }, 'NUMBER_VALUE can not be converted to a String'],
    ['a number for a blob', { Plaintext: 1 }, 'only base-64-encoded strings are convertible to bytes'],
    ['base64 without padding', { Plaintext: 'aGVsbG8' }, 'Base64 encoded length is expected a multiple of 4 bytes but found: 7'],
    ['base64 of the URL alphabet', { Plaintext: '-_-_' }, 'only base-64-encoded strings are convertible to bytes'],
    ['base64 with blanks', { Plaintext: 'aGVs bG8' }, 'only base-64-encoded strings are convertible to bytes'],
    ['base64 with padding inside', { Plaintext: 'aA==aA==' }, 'only base-64-encoded strings are convertible to bytes'],
    ['a surrogate alone', '{"KeyId":"\\ud800"}', 'Text is not well-formed Unicode'],
    ['a surrogate alone as key', '{"EncryptionContext":{"\\udc00":"x"}}', 'Text is not well-formed Unicode'],
    ['a list as body', [], 'Unexpected value type in payload'],
    ['a string as body', '"x"', 'Expected null'],
    ['broken JSON', '{"KeyId":', 'Unexpected token received from parser'],
  ])('%s is a SerializationException', (_name, json, message) => {
    expect(() => read('kms.Encrypt', json)).toThrow(expect.objectContaining({ code: 'SerializationException', message }));
  });

  test.each([
    ['a string', '"5"', 'STRING_VALUE can not be converted to an Integer'],
    ['a fraction', '1.5', 'DECIMAL_VALUE can not be converted to an Integer'],
    ['more than 32 bits', '2147483648', 'NUMBER_VALUE can not be converted to an Integer'],
    ['infinity', '1e999', 'DECIMAL_VALUE can not be converted to an Integer'],
  ])('%s for an integer is a SerializationException', (_name, value, message) => {
    expect(() => read('kms.GenerateRandom', `{"NumberOfBytes":${value}}`)).toThrow(
      expect.objectContaining({ code: 'SerializationException', message }),
    );
  });

  test('bytes that are no UTF-8 are refused rather than replaced', () => {
    expect(() => parseJsonBody(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(expect.objectContaining({ code: 'SerializationException' }));
  });

  test('a megabyte of brackets is refused before it is parsed, and brackets in strings do not count', () => {
    expect(() => parseJsonBody(Buffer.alloc(1 << 20, '['))).toThrow(expect.objectContaining({ message: 'Nesting is too deep' }));
    const text = JSON.stringify({ Policy: '[{"'.repeat(10_000) });
    expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
  });

  test('the error of a broken body repeats nothing of it', () => {
    expect(() => parseJsonBody(Buffer.from('{"Plaintext":"c2VjcmV0" x'))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('c2V') }),
    );
  });
});

describe('writing an answer', () => {
  const write = (name: string, message: object) => JSON.parse(jsonWriter(operation(name).response)(message)) as unknown;

  test('blobs are base64, enums have AWS spellings, absent members are left out', () => {
    const message = kms.EncryptResponse.create({
      ciphertextBlob: Buffer.from([1, 2, 3]),
      keyId: 'arn:"é',
      encryptionAlgorithm: number('EncryptionAlgorithm', 'SYMMETRIC_DEFAULT') as never,
    });
    expect(write('kms.Encrypt', message)).toEqual({ CiphertextBlob: 'AQID', KeyId: 'arn:"é', EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    expect(write('kms.Encrypt', kms.EncryptResponse.create())).toEqual({});
  });

  test('timestamps are epoch seconds, empty lists inside are left out', () => {
    const message = kms.DescribeKeyResponse.create({
      keyMetadata: { keyId: 'k', creationDate: new Date(1_700_000_000_123), enabled: false },
    });
    expect(write('kms.DescribeKey', message)).toEqual({ KeyMetadata: { KeyId: 'k', CreationDate: 1_700_000_000.123, Enabled: false } });
  });

  test('the list of a page stands even when empty', () => {
    expect(write('kms.ListKeys', kms.ListKeysResponse.create({ truncated: false }))).toEqual({ Keys: [], Truncated: false });
  });

  test('a list that the contract marks stands even when empty', () => {
    const answer = kms.DescribeKeyResponse.create({ keyMetadata: { keyId: 'k', multiRegionConfiguration: {} } });
    expect(write('kms.DescribeKey', answer)).toEqual({ KeyMetadata: { KeyId: 'k', MultiRegionConfiguration: { ReplicaKeys: [] } } });
  });

  test('a message without members is an empty object', () => {
    expect(jsonWriter(messageDescriptor('trent.kms.v1.EnableKeyResponse'))({})).toBe('{}');
  });
});
