import { describe, expect, test } from '@jest/globals';
import { trentError } from '@trent/errors';
import { connectionErrorCodeOf, exceptionFor, exceptionOf } from './exceptions.ts';
import { XksFailure, type XksFailureKind } from './failure.ts';

const STORE_STATE = 'CustomKeyStoreInvalidStateException';
const STATE = 'KMSInvalidStateException';

/** XKS Proxy API, "Error codes", second table: failure → Create/UpdateCustomKeyStore, CreateKey; cryptographic operations answer KMSInvalidState. */
const table: readonly [XksFailureKind, string | undefined, string | undefined, RegExp][] = [
  ['ValidationException', 'XksProxyInvalidResponseException', STORE_STATE, /cannot interpret the response/],
  ['InternalException', 'XksProxyInvalidResponseException', STORE_STATE, /cannot communicate with the external key manager/],
  ['MalformedResponse', 'XksProxyInvalidResponseException', STORE_STATE, /cannot interpret the response/],
  ['InvalidStateException', undefined, 'XksKeyInvalidConfigurationException', /is not enabled in the external key manager/],
  ['InvalidKeyUsageException', undefined, 'XksKeyInvalidConfigurationException', /does not support the requested operation/],
  ['InvalidCiphertextException', undefined, undefined, /specified ciphertext or encryption context is corrupted/],
  ['CorruptCiphertext', undefined, undefined, /^The ciphertext that the external key store proxy submitted for decryption/],
  ['AuthenticationFailedException', 'XksProxyIncorrectAuthenticationCredentialException', STORE_STATE, /could not authenticate AWS KMS/],
  ['AccessDeniedException', undefined, STATE, /denied access to the operation/],
  ['KeyNotFoundException', undefined, 'XksKeyNotFoundException', /was not found in its external key manager/],
  ['InvalidUriPathException', 'XksProxyInvalidConfigurationException', STORE_STATE, /because of an invalid URI path/],
  ['DependencyTimeoutException', 'XksProxyUriUnreachableException', STORE_STATE, /did not respond to the request in the time allotted/],
  ['ThrottlingException', 'XksProxyUriUnreachableException', STORE_STATE, /due to a very high request rate/],
  ['Unreachable', 'XksProxyUriUnreachableException', STORE_STATE, /cannot communicate with the external key store proxy/],
  ['NotAllowed', 'XksProxyUriUnreachableException', STORE_STATE, /cannot communicate with the external key store proxy/],
  ['TlsFailed', 'XksProxyUriUnreachableException', STORE_STATE, /cannot establish a TLS connection/],
  ['TimedOut', 'XksProxyUriUnreachableException', STORE_STATE, /did not respond in time/],
  ['NotConnected', undefined, STORE_STATE, /not connected to its external key store proxy/],
];

describe.each(table)('%s', (kind, store, createKey, message) => {
  test('is KMSInvalidStateException to a cryptographic operation, in the words of AWS KMS', () => {
    expect(exceptionFor(kind, 'use')).toMatchObject({ code: STATE, message: expect.stringMatching(message) as unknown });
  });

  if (store !== undefined)
    test(`is ${store} to Create and UpdateCustomKeyStore`, () => {
      expect(exceptionFor(kind, 'store')).toMatchObject({ code: store, message: expect.stringMatching(message) as unknown });
    });
  if (createKey !== undefined)
    test(`is ${createKey} to CreateKey`, () => {
      expect(exceptionFor(kind, 'createKey')).toMatchObject({ code: createKey, message: expect.stringMatching(message) as unknown });
    });
});

test('what is wrong with an external key is named in the message', () => {
  expect(exceptionOf(new XksFailure('WrongKeySpec', 'RSA_2048'), 'createKey')).toMatchObject({
    code: 'XksKeyInvalidConfigurationException',
    message: 'The key spec of the external key must be AES_256. The key spec of specified external key is RSA_2048.',
  });
});

test('what is no failure of a proxy is a defect, and an error of Trent stays what it is', () => {
  expect(exceptionOf(new Error('a defect'), 'use')).toMatchObject({ code: 'KMSInternalException', message: '' });
  expect(exceptionOf(trentError('InvalidCiphertextException'), 'use')).toMatchObject({ code: 'InvalidCiphertextException' });
  expect(connectionErrorCodeOf(new Error('a defect'))).toBe('INTERNAL_ERROR');
});

describe('a store that could not be connected says', () => {
  test.each<[XksFailureKind, string]>([
    ['AuthenticationFailedException', 'INVALID_CREDENTIALS'],
    ['AccessDeniedException', 'XKS_PROXY_ACCESS_DENIED'],
    ['InvalidUriPathException', 'XKS_PROXY_INVALID_CONFIGURATION'],
    ['MalformedResponse', 'XKS_PROXY_INVALID_RESPONSE'],
    ['TlsFailed', 'XKS_PROXY_INVALID_TLS_CONFIGURATION'],
    ['Unreachable', 'XKS_PROXY_NOT_REACHABLE'],
    ['NotAllowed', 'XKS_PROXY_NOT_REACHABLE'],
    ['Unhealthy', 'XKS_PROXY_NOT_REACHABLE'],
    ['TimedOut', 'XKS_PROXY_TIMED_OUT'],
    ['VpcServiceNotFound', 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND'],
    ['VpcServiceInvalid', 'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION'],
  ])('after %s: %s', (kind, code) => {
    expect(connectionErrorCodeOf(new XksFailure(kind))).toBe(code);
  });
});
