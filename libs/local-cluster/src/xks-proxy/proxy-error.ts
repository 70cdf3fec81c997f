/** HTTP status by error name (XKS Proxy API, "Error codes"). */
const STATUS = {
  ValidationException: 400,
  InvalidStateException: 400,
  InvalidCiphertextException: 400,
  InvalidKeyUsageException: 400,
  AuthenticationFailedException: 401,
  KeyNotFoundException: 404,
  InvalidUriPathException: 404,
  InternalException: 500,
} as const;

/** An error of the protocol. */
export class ProxyError extends Error {
  readonly errorName: keyof typeof STATUS;
  readonly status: number;

  constructor(errorName: keyof typeof STATUS, message: string) {
    super(message);
    this.errorName = errorName;
    this.status = STATUS[errorName];
  }
}
