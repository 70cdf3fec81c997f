import { describe, expect, test } from '@jest/globals';
import {
  checkExternalKey,
  readDecryptAnswer,
  readEncryptAnswer,
  readHealthAnswer,
  readMetadataAnswer,
  type ExternalKey,
} from './answers.ts';
import { PROXY_ERRORS } from './failure.ts';

const bodyOf = (json: unknown) => Buffer.from(JSON.stringify(json));
const ok = (json: unknown) => ({ status: 200, body: bodyOf(json) });
const failing = (kind: string) => expect.objectContaining({ name: 'XksFailure', kind }) as unknown;

/** The example of the XKS Proxy API, Encrypt and Appendix C. */
const aad = Buffer.from('project=nile,department=marketing');
const encrypted = {
  authenticationTag: 'vBxN2ncH1oEkR8WVXpmyYQ==',
  ciphertext: 'ghxkK1txeDNn3q8Y',
  ciphertextDataIntegrityValue: 'qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=',
  ciphertextMetadata: 'a2V5X3ZlcnNpb249MQ==',
  initializationVector: 'HMrlRw85cAJUd5Ax',
};

describe('the answer of Encrypt', () => {
  test('of the specification is taken apart', () => {
    const sealed = readEncryptAnswer(ok(encrypted), aad, 12);
    expect(sealed.metadata.toString()).toBe('key_version=1');
    expect([sealed.iv, sealed.tag, sealed.ciphertext].map(({ length }) => length)).toEqual([12, 16, 12]);
  });

  const without = (name: keyof typeof encrypted) => Object.fromEntries(Object.entries(encrypted).filter(([key]) => key !== name));
  test.each([
    ['without ciphertext', without('ciphertext')],
    ['without IV', without('initializationVector')],
    ['without tag', without('authenticationTag')],
    ['without integrity value', without('ciphertextDataIntegrityValue')],
    ['whose metadata was lost, so that the integrity value does not fit', without('ciphertextMetadata')],
    ['with another integrity value', { ...encrypted, ciphertextDataIntegrityValue: Buffer.alloc(32).toString('base64') }],
    ['with a short integrity value', { ...encrypted, ciphertextDataIntegrityValue: 'qHA/ImC9h5HsLQ==' }],
    ['with a tag of 12 bytes', { ...encrypted, authenticationTag: Buffer.alloc(12).toString('base64') }],
    ['with a tag of 17 bytes', { ...encrypted, authenticationTag: Buffer.alloc(17).toString('base64') }],
    ['with an IV of 13 bytes', { ...encrypted, initializationVector: Buffer.alloc(13).toString('base64') }],
    ['with metadata of 21 bytes', { ...encrypted, ciphertextMetadata: Buffer.alloc(21).toString('base64') }],
    ['with a ciphertext longer than the plaintext', { ...encrypted, ciphertext: Buffer.alloc(28).toString('base64') }],
    ['with URL-safe Base64', { ...encrypted, ciphertextDataIntegrityValue: encrypted.ciphertextDataIntegrityValue.replace('/', '_') }],
    ['without padding', { ...encrypted, authenticationTag: encrypted.authenticationTag.replaceAll('=', '') }],
    ['with numbers for bytes', { ...encrypted, ciphertext: 12 }],
    ['that is a list', [encrypted]],
    ['that is null', null],
  ])('%s is no answer', (_what, json) => {
    expect(() => readEncryptAnswer(ok(json), aad, 12)).toThrow(failing('MalformedResponse'));
  });

  test('for other additional data is no answer', () => {
    expect(() => readEncryptAnswer(ok(encrypted), Buffer.from('x'), 12)).toThrow(failing('MalformedResponse'));
  });

  test('that is no JSON is no answer', () => {
    expect(() => readEncryptAnswer({ status: 200, body: Buffer.from('<html>') }, aad, 12)).toThrow(failing('MalformedResponse'));
  });
});

describe('the answer of Decrypt', () => {
  test('is as long as the ciphertext', () => {
    expect(readDecryptAnswer(ok({ plaintext: 'SGVsbG8gV29ybGQh' }), 12).toString()).toBe('Hello World!');
    expect(() => readDecryptAnswer(ok({ plaintext: 'SGVsbG8gV29ybGQh' }), 11)).toThrow(failing('MalformedResponse'));
    expect(() => readDecryptAnswer(ok({}), 12)).toThrow(failing('MalformedResponse'));
  });
});

describe('the answer of GetKeyMetadata', () => {
  const key = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT', 'WRAP'], keyStatus: 'ENABLED' };

  test('of an enabled AES-256 key that encrypts and decrypts is a key for KMS', () => {
    expect(() => checkExternalKey(readMetadataAnswer(ok(key)))).not.toThrow();
  });

  test.each<[string, Partial<ExternalKey>, string, string]>([
    ['of another spec', { keySpec: 'RSA_2048' }, 'WrongKeySpec', 'RSA_2048'],
    ['that is disabled', { keyStatus: 'DISABLED' }, 'WrongKeyStatus', 'DISABLED'],
    ['that does not decrypt', { keyUsage: ['ENCRYPT', 'WRAP'] }, 'WrongKeyUsage', 'ENCRYPT, WRAP'],
    ['that does not encrypt', { keyUsage: ['DECRYPT'] }, 'WrongKeyUsage', 'DECRYPT'],
    ['whose words are not ASCII', { keySpec: 'AES\n„256"' }, 'WrongKeySpec', 'AES??256"'],
  ])('of a key %s names what is wrong', (_what, change, kind, detail) => {
    const check = () => checkExternalKey(readMetadataAnswer(ok({ ...key, ...change })));
    expect(check).toThrow(expect.objectContaining({ kind, detail }));
  });

  test.each([
    ['an unknown status', { keyStatus: 'SLEEPING' }],
    ['a usage that is no list', { keyUsage: 'ENCRYPT' }],
    ['eleven usages', { keyUsage: Array<string>(11).fill('ENCRYPT') }],
    ['no spec', { keySpec: undefined }],
    ['an endless spec', { keySpec: 'A'.repeat(257) }],
  ])('with %s is no answer', (_what, change) => {
    expect(() => readMetadataAnswer(ok({ ...key, ...change }))).toThrow(failing('MalformedResponse'));
  });
});

describe('the answer of GetHealthStatus', () => {
  const manager = (healthStatus: string) => ({ id: 'hsm-1', model: 'Luna', healthStatus });
  const health = (...states: string[]) => ({
    xksProxyFleetSize: 2,
    xksProxyVendor: 'Acme Corp',
    xksProxyModel: 'Acme XKS Proxy 1.0',
    ekmVendor: 'Thales Group',
    ekmFleetDetails: states.map(manager),
  });

  test.each([[['ACTIVE']], [['UNAVAILABLE', 'DEGRADED']]])('with managers %j is health', (states) => {
    expect(() => readHealthAnswer(ok(health(...states)))).not.toThrow();
  });

  test('with unavailable managers alone is not', () => {
    expect(() => readHealthAnswer(ok(health('UNAVAILABLE', 'UNAVAILABLE')))).toThrow(failing('Unhealthy'));
  });

  test.each([
    ['no manager', health()],
    ['eleven managers', health(...Array<string>(11).fill('ACTIVE'))],
    ['an unknown state', health('GREAT')],
    ['no proxy', { ...health('ACTIVE'), xksProxyFleetSize: 0 }],
    ['half a proxy', { ...health('ACTIVE'), xksProxyFleetSize: 1.5 }],
    ['a nameless vendor', { ...health('ACTIVE'), ekmVendor: undefined }],
    ['a manager that is null', { ...health('ACTIVE'), ekmFleetDetails: [null] }],
  ])('with %s is no answer', (_what, json) => {
    expect(() => readHealthAnswer(ok(json))).toThrow(failing('MalformedResponse'));
  });
});

describe('an error', () => {
  test.each(PROXY_ERRORS.map((name) => [name]))('%s is known by its name, whatever its status', (errorName) => {
    expect(() => readDecryptAnswer({ status: 500, body: bodyOf({ errorName, errorMessage: 'of no interest' }) }, 1)).toThrow(
      failing(errorName),
    );
  });

  test.each([
    ['without name', 404, {}],
    ['of an unknown name', 400, { errorName: 'TeapotException' }],
    ['of a name that objects inherit', 400, { errorName: 'constructor' }],
    ['that redirects', 302, { errorName: 'KeyNotFoundException' }],
    ['that says it is a success', 200, { errorName: 'KeyNotFoundException' }],
    ['with an empty success', 204, {}],
  ])('%s is no answer', (_what, status, json) => {
    expect(() => readDecryptAnswer({ status, body: bodyOf(json) }, 1)).toThrow(failing('MalformedResponse'));
  });
});
