import type { SealedOutside } from './answers.ts';

/** Largest additional authenticated data and plaintext that every proxy takes (XKS Proxy API, Encrypt). */
export const MAX_AAD_BYTES = 8192;
export const MAX_PLAINTEXT_BYTES = 4300;

/** Who asked KMS for what: `requestMetadata` of every call, for the proxy's trail and its own authorisation. */
export interface XksCaller {
  /** ARN; absent where no principal asked (health checks). */
  readonly principalArn?: string;
  /** Absent while the key does not exist yet (CreateKey). */
  readonly keyArn?: string;
  /** `Encrypt`, `CreateKey`, … */
  readonly kmsOperation: string;
  readonly requestId: string;
  readonly viaService?: string;
}

/** Body of GetHealthStatus and of GetKeyMetadata. */
export function plainBody(caller: XksCaller): string {
  return JSON.stringify({ requestMetadata: metadata(caller) });
}

/**
 * Body of Encrypt. The integrity value is always asked for.
 * @throws {RangeError} for more bytes than a proxy must take: the callers' own formats are shorter
 */
export function encryptBody(caller: XksCaller, aad: Uint8Array, plaintext: Uint8Array): string {
  return JSON.stringify({
    requestMetadata: metadata(caller),
    ...additional(aad),
    plaintext: encoded(plaintext, MAX_PLAINTEXT_BYTES),
    encryptionAlgorithm: 'AES_GCM',
    ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
  });
}

/** Body of Decrypt. @throws {RangeError} as encryptBody */
export function decryptBody(caller: XksCaller, aad: Uint8Array, sealed: SealedOutside): string {
  return JSON.stringify({
    requestMetadata: metadata(caller),
    ...additional(aad),
    encryptionAlgorithm: 'AES_GCM',
    ciphertext: encoded(sealed.ciphertext, MAX_PLAINTEXT_BYTES),
    ...(sealed.metadata.length === 0 ? {} : { ciphertextMetadata: sealed.metadata.toString('base64') }),
    initializationVector: sealed.iv.toString('base64'),
    authenticationTag: sealed.tag.toString('base64'),
  });
}

function metadata(caller: XksCaller): Record<string, string> {
  return {
    ...(caller.principalArn === undefined ? {} : { awsPrincipalArn: caller.principalArn }),
    ...(caller.keyArn === undefined ? {} : { kmsKeyArn: caller.keyArn }),
    kmsOperation: caller.kmsOperation,
    kmsRequestId: caller.requestId,
    ...(caller.viaService === undefined ? {} : { kmsViaService: caller.viaService }),
  };
}

/** No additional data is no member: what AWS KMS sends for an empty encryption context. */
function additional(aad: Uint8Array): { additionalAuthenticatedData?: string } {
  return aad.length === 0 ? {} : { additionalAuthenticatedData: encoded(aad, MAX_AAD_BYTES) };
}

function encoded(bytes: Uint8Array, max: number): string {
  if (bytes.length > max) throw new RangeError(`a proxy takes ${max} bytes, not ${bytes.length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
