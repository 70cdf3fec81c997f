/** Error names that a proxy answers with (XKS Proxy API, "Error codes"). */
export const PROXY_ERRORS = [
  'ValidationException',
  'InvalidStateException',
  'InvalidCiphertextException',
  'InvalidKeyUsageException',
  'AuthenticationFailedException',
  'AccessDeniedException',
  'KeyNotFoundException',
  'InvalidUriPathException',
  'UnsupportedOperationException',
  'DependencyTimeoutException',
  'ThrottlingException',
  'InternalException',
] as const;

/** What can go wrong between Trent and an external key: what the proxy says, and what is noticed on this side. */
export type XksFailureKind =
  | (typeof PROXY_ERRORS)[number]
  /** No TCP connection, or one that broke. */
  | 'Unreachable'
  | 'TlsFailed'
  | 'TimedOut'
  /** What came is no answer of the protocol. */
  | 'MalformedResponse'
  /** The proxy is there, none of its key managers is. */
  | 'Unhealthy'
  /** The operator has not allowed this host, or it resolves to an address that none may have. */
  | 'NotAllowed'
  | 'VpcServiceNotFound'
  | 'VpcServiceInvalid'
  | 'WrongKeySpec'
  | 'WrongKeyStatus'
  | 'WrongKeyUsage'
  /** The proxy decrypted, and what it gave is not what was encrypted. */
  | 'CorruptCiphertext'
  | 'NotConnected'
  /** More calls at once than this store is allowed. */
  | 'TooManyCalls';

/** Registered symbol: the same in every realm. */
const brand = Symbol.for('trent.xks-failure');

/** A call to a proxy that failed, before it is known which operation asked: `exceptions.ts` says what that one answers. */
export class XksFailure extends Error {
  readonly kind: XksFailureKind;
  /** What the answer may quote of the proxy's own words: a key spec, a status. */
  readonly detail: string;
  readonly [brand] = true;

  constructor(kind: XksFailureKind, detail = '', cause?: unknown) {
    super(`external key store proxy: ${kind}`, cause === undefined ? undefined : { cause });
    this.name = 'XksFailure';
    this.kind = kind;
    this.detail = detail;
  }
}

/** True for an XksFailure of any realm. */
export function isXksFailure(error: unknown): error is XksFailure {
  return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true;
}

/** @throws XksFailure always */
export function failXks(kind: XksFailureKind, detail?: string, cause?: unknown): never {
  throw new XksFailure(kind, detail, cause);
}
