import { asTrentError, trentError, type ErrorCode, type TrentError } from '@trent/errors';
import type { ConnectionErrorCode } from '../backend.ts';
import { isXksFailure, type XksFailureKind } from './failure.ts';

/** What asked the proxy, as far as the exception depends on it. */
export type XksPurpose = 'store' | 'createKey' | 'use';

interface Row {
  /** Create and UpdateCustomKeyStore. */
  readonly store: ErrorCode;
  readonly createKey: ErrorCode;
  /** Cryptographic operations. */
  readonly use: ErrorCode;
  /** ConnectionErrorCode of a store that failed to connect for this. */
  readonly connection: ConnectionErrorCode;
  readonly message: (detail: string) => string;
}

const STATE = 'KMSInvalidStateException';
const STORE_STATE = 'CustomKeyStoreInvalidStateException';
const UNREADABLE =
  'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, report it to your external key store proxy administrator.';

/** A failure whose fault is the answer: nothing a health check, or this operation, may say. */
const invalidResponse = {
  store: 'XksProxyInvalidResponseException',
  createKey: STORE_STATE,
  use: STATE,
  connection: 'XKS_PROXY_INVALID_RESPONSE',
} as const satisfies Omit<Row, 'message'>;
const unreachable = {
  store: 'XksProxyUriUnreachableException',
  createKey: STORE_STATE,
  use: STATE,
  connection: 'XKS_PROXY_NOT_REACHABLE',
} as const satisfies Omit<Row, 'message'>;
const timedOut = { ...unreachable, connection: 'XKS_PROXY_TIMED_OUT' } as const;
const keyUnfit = { ...invalidResponse, createKey: 'XksKeyInvalidConfigurationException' } as const;

const say = (text: string) => (): string => text;

/**
 * What each failure becomes: XKS Proxy API, "Error codes", second table, and "Troubleshooting external key stores" of the AWS KMS developer guide,
 * where the exception follows from the operation and the text from the failure. The proxy's own message is never passed on.
 */
const rows: Readonly<Record<XksFailureKind, Row>> = {
  ValidationException: { ...invalidResponse, message: say(UNREADABLE) },
  MalformedResponse: { ...invalidResponse, message: say(UNREADABLE) },
  InternalException: {
    ...invalidResponse,
    message: say(
      'The external key store proxy rejected the request because it cannot communicate with the external key manager. Verify that the external key store proxy configuration is correct and that the external key manager is available.',
    ),
  },
  InvalidStateException: {
    ...keyUnfit,
    message: say(
      'The external key associated with this KMS key in an external key store is not enabled in the external key manager. Enable the external key in the external key manager and retry the request.',
    ),
  },
  InvalidKeyUsageException: {
    ...keyUnfit,
    message: say(
      'The external key associated with this KMS key in an external key store does not support the requested operation. Enable the operation on the key in your external key manager, and try the request again.',
    ),
  },
  InvalidCiphertextException: {
    ...invalidResponse,
    message: say(
      'The external key store proxy rejected the request because the specified ciphertext or encryption context is corrupted, missing, or otherwise invalid.',
    ),
  },
  CorruptCiphertext: {
    ...invalidResponse,
    message: say(
      'The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is corrupted, missing, or otherwise invalid.',
    ),
  },
  AuthenticationFailedException: {
    store: 'XksProxyIncorrectAuthenticationCredentialException',
    createKey: STORE_STATE,
    use: STATE,
    connection: 'INVALID_CREDENTIALS',
    message: say(
      'The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the XKS proxy authentication credentials for your external key store and update if necessary.',
    ),
  },
  AccessDeniedException: {
    store: 'XksProxyInvalidResponseException',
    createKey: STATE,
    use: STATE,
    connection: 'XKS_PROXY_ACCESS_DENIED',
    message: say(
      'The external key store proxy denied access to the operation. Verify that the user and the external key are both authorized for this operation, and try the request again.',
    ),
  },
  KeyNotFoundException: {
    ...invalidResponse,
    createKey: 'XksKeyNotFoundException',
    message: say(
      'The external key associated with this KMS key in an external key store was not found in its external key manager. If the external key ID associated with this KMS key is incorrect, create a new KMS key with the correct external key ID.',
    ),
  },
  InvalidUriPathException: {
    store: 'XksProxyInvalidConfigurationException',
    createKey: STORE_STATE,
    use: STATE,
    connection: 'XKS_PROXY_INVALID_CONFIGURATION',
    message: say(
      'The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your external key store and update if necessary.',
    ),
  },
  UnsupportedOperationException: {
    ...invalidResponse,
    message: say(
      'The external key store proxy rejected the request because it does not support the requested operation. If you see this error repeatedly, report it to your external key store proxy administrator.',
    ),
  },
  DependencyTimeoutException: {
    ...timedOut,
    message: say(
      'The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
    ),
  },
  ThrottlingException: {
    ...unreachable,
    message: say(
      'The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your calls using KMS keys in this external key store.',
    ),
  },
  Unreachable: { ...unreachable, message: cannotCommunicate },
  NotAllowed: { ...unreachable, message: cannotCommunicate },
  TlsFailed: {
    ...unreachable,
    connection: 'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    message: say(
      'AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its certificate.',
    ),
  },
  TimedOut: {
    ...timedOut,
    message: say(
      'AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
    ),
  },
  Unhealthy: {
    ...unreachable,
    message: say(
      'The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your external key store proxy administrator.',
    ),
  },
  VpcServiceNotFound: {
    ...unreachable,
    store: 'XksProxyVpcEndpointServiceNotFoundException',
    connection: 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND',
    message: say('AWS KMS cannot find the VPC endpoint service that it uses to communicate with the external key store proxy.'),
  },
  VpcServiceInvalid: {
    ...unreachable,
    store: 'XksProxyVpcEndpointServiceInvalidConfigurationException',
    connection: 'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION',
    message: say(
      'The private DNS name of the VPC endpoint service does not match the proxy URI endpoint of the external key store, or its configuration does not fulfill the requirements for an external key store.',
    ),
  },
  WrongKeySpec: {
    ...keyUnfit,
    message: (spec) => `The key spec of the external key must be AES_256. The key spec of specified external key is ${spec}.`,
  },
  WrongKeyStatus: {
    ...keyUnfit,
    message: (status) => `The status of the external key must be ENABLED. The status of specified external key is ${status}.`,
  },
  WrongKeyUsage: {
    ...keyUnfit,
    message: (usage) =>
      `The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key is ${usage}.`,
  },
  NotConnected: {
    ...unreachable,
    message: say(
      'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.',
    ),
  },
  TooManyCalls: {
    store: 'ThrottlingException',
    createKey: 'ThrottlingException',
    use: 'ThrottlingException',
    connection: 'XKS_PROXY_NOT_REACHABLE',
    message: say('Rate exceeded'),
  },
};

function cannotCommunicate(): string {
  return 'AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, and that its endpoint URI is correct in your external key store.';
}

/** The exception of AWS KMS for a failure, by what asked; whatever is no XksFailure is a TrentError already, or a defect. */
export function exceptionOf(error: unknown, purpose: XksPurpose): TrentError {
  return isXksFailure(error) ? exceptionFor(error.kind, purpose, error.detail, error) : asTrentError(error);
}

/** The exception of AWS KMS for this kind of failure. */
export function exceptionFor(kind: XksFailureKind, purpose: XksPurpose, detail = '', cause?: unknown): TrentError {
  const row = rows[kind];
  return trentError(row[purpose], row.message(detail), cause === undefined ? undefined : { cause });
}

/** The ConnectionErrorCode of a store that failed to connect; INTERNAL_ERROR for what is no failure of the proxy. */
export function connectionErrorCodeOf(error: unknown): ConnectionErrorCode {
  return isXksFailure(error) ? rows[error.kind].connection : 'INTERNAL_ERROR';
}
