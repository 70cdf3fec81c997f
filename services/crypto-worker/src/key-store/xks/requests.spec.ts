import { describe, expect, test } from '@jest/globals';
import { decryptBody, encryptBody, MAX_PLAINTEXT_BYTES, plainBody } from './requests.ts';

const caller = {
  principalArn: 'arn:aws:iam::123456789012:user/Alice',
  keyArn: 'arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  kmsOperation: 'Encrypt',
  requestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
};
const requestMetadata = {
  awsPrincipalArn: caller.principalArn,
  kmsKeyArn: caller.keyArn,
  kmsOperation: caller.kmsOperation,
  kmsRequestId: caller.requestId,
};
const aad = Buffer.from('project=nile,department=marketing');
const sealed = { ciphertext: Buffer.from([1, 2, 3]), iv: Buffer.alloc(12, 4), tag: Buffer.alloc(16, 5), metadata: Buffer.from('v=1') };

describe('the body of a request', () => {
  test('of Encrypt has the form of the specification and asks for the integrity value', () => {
    expect(JSON.parse(encryptBody(caller, aad, Buffer.from('Hello World!')))).toEqual({
      requestMetadata,
      additionalAuthenticatedData: 'cHJvamVjdD1uaWxlLGRlcGFydG1lbnQ9bWFya2V0aW5n',
      plaintext: 'SGVsbG8gV29ybGQh',
      encryptionAlgorithm: 'AES_GCM',
      ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    });
  });

  test('of Decrypt has the form of the specification', () => {
    expect(JSON.parse(decryptBody(caller, aad, sealed))).toEqual({
      requestMetadata,
      additionalAuthenticatedData: 'cHJvamVjdD1uaWxlLGRlcGFydG1lbnQ9bWFya2V0aW5n',
      encryptionAlgorithm: 'AES_GCM',
      ciphertext: 'AQID',
      ciphertextMetadata: 'dj0x',
      initializationVector: sealed.iv.toString('base64'),
      authenticationTag: sealed.tag.toString('base64'),
    });
  });

  test('leaves out additional data and metadata that are empty', () => {
    expect(JSON.parse(encryptBody(caller, Buffer.alloc(0), Buffer.from('x')))).not.toHaveProperty('additionalAuthenticatedData');
    const body: unknown = JSON.parse(decryptBody(caller, Buffer.alloc(0), { ...sealed, metadata: Buffer.alloc(0) }));
    expect(body).not.toHaveProperty('additionalAuthenticatedData');
    expect(body).not.toHaveProperty('ciphertextMetadata');
  });

  test('of GetHealthStatus names the operation and the request, and nobody else', () => {
    expect(JSON.parse(plainBody({ kmsOperation: 'ConnectCustomKeyStore', requestId: 'r' }))).toEqual({
      requestMetadata: { kmsOperation: 'ConnectCustomKeyStore', kmsRequestId: 'r' },
    });
  });

  test('takes what every proxy must take, and not a byte more', () => {
    expect(encryptBody(caller, Buffer.alloc(8192), Buffer.alloc(MAX_PLAINTEXT_BYTES)).length).toBeGreaterThan(16_000);
    expect(() => encryptBody(caller, aad, Buffer.alloc(MAX_PLAINTEXT_BYTES + 1))).toThrow(RangeError);
    expect(() => encryptBody(caller, Buffer.alloc(8193), Buffer.alloc(1))).toThrow(RangeError);
  });
});
