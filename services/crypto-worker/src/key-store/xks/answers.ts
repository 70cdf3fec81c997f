import { strictBase64 } from './base64.ts';
import { failXks, PROXY_ERRORS, type XksFailureKind } from './failure.ts';
import { isIntact } from './integrity.ts';
import { MAX_PLAINTEXT_BYTES } from './requests.ts';

/** Bytes of the parts of an AES-GCM answer (XKS Proxy API, Encrypt). */
const IV_BYTES = [12, 16];
const TAG_BYTES = 16;
const MAX_METADATA_BYTES = 20;
const INTEGRITY_BYTES = 32;
/** "no more than ten": key usages of GetKeyMetadata, key managers of GetHealthStatus. */
const MAX_ENTRIES = 10;
/** Names and models that a proxy tells of itself, as far as they go into a log. */
const MAX_TEXT = 256;

/** What the proxy made of a plaintext. */
export interface SealedOutside {
  readonly ciphertext: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
  /** At most 20 bytes of the proxy's own; empty when there are none. */
  readonly metadata: Buffer;
}

/** GetKeyMetadata. */
export interface ExternalKey {
  readonly keySpec: string;
  readonly keyUsage: readonly string[];
  readonly keyStatus: string;
}

/** Whether a status is a success; every answer is JSON. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Reads Encrypt's answer to a plaintext of so many bytes. @throws XksFailure */
export function readEncryptAnswer(answer: RawAnswer, aad: Uint8Array, plaintextBytes: number): SealedOutside {
  const json = successOf(answer);
  const ciphertext = strictBase64(json['ciphertext'], MAX_PLAINTEXT_BYTES);
  const iv = strictBase64(json['initializationVector'], Math.max(...IV_BYTES));
  const tag = strictBase64(json['authenticationTag'], TAG_BYTES);
  const metadata =
    json['ciphertextMetadata'] === undefined ? Buffer.alloc(0) : strictBase64(json['ciphertextMetadata'], MAX_METADATA_BYTES);
  const integrity = strictBase64(json['ciphertextDataIntegrityValue'], INTEGRITY_BYTES);
  if (ciphertext?.length !== plaintextBytes || iv === undefined || !IV_BYTES.includes(iv.length)) return malformed();
  if (tag?.length !== TAG_BYTES || metadata === undefined || integrity === undefined) return malformed();
  const sealed = { ciphertext, iv, tag, metadata };
  return isIntact(aad, sealed, integrity) ? sealed : malformed();
}

/** Reads Decrypt's answer to a ciphertext of so many bytes. @throws XksFailure */
export function readDecryptAnswer(answer: RawAnswer, ciphertextBytes: number): Buffer {
  const plaintext = strictBase64(successOf(answer)['plaintext'], MAX_PLAINTEXT_BYTES);
  return plaintext?.length === ciphertextBytes ? plaintext : malformed();
}

/** Reads GetKeyMetadata's answer. @throws XksFailure */
export function readMetadataAnswer(answer: RawAnswer): ExternalKey {
  const { keySpec, keyUsage, keyStatus } = successOf(answer);
  if (!isText(keySpec) || !isText(keyStatus) || !isList(keyUsage) || !keyUsage.every(isText)) return malformed();
  if (keyStatus !== 'ENABLED' && keyStatus !== 'DISABLED') return malformed();
  return { keySpec, keyUsage, keyStatus };
}

/** Reads GetHealthStatus' answer. @throws XksFailure, of kind Unhealthy when every key manager is unavailable */
export function readHealthAnswer(answer: RawAnswer): void {
  const { xksProxyFleetSize, xksProxyVendor, xksProxyModel, ekmVendor, ekmFleetDetails } = successOf(answer);
  if (!Number.isInteger(xksProxyFleetSize) || (xksProxyFleetSize as number) < 1) malformed();
  if (![xksProxyVendor, xksProxyModel, ekmVendor].every(isText)) malformed();
  if (!isList(ekmFleetDetails) || ekmFleetDetails.length === 0) return malformed();
  const states = ekmFleetDetails.map(healthOf);
  if (states.every((state) => state === 'UNAVAILABLE')) failXks('Unhealthy');
}

/** An external key must be an enabled AES-256 key that encrypts and decrypts. @throws XksFailure saying what is not so */
export function checkExternalKey({ keySpec, keyUsage, keyStatus }: ExternalKey): void {
  if (keySpec !== 'AES_256') failXks('WrongKeySpec', shown(keySpec));
  if (keyStatus !== 'ENABLED') failXks('WrongKeyStatus', keyStatus);
  if (!keyUsage.includes('ENCRYPT') || !keyUsage.includes('DECRYPT')) failXks('WrongKeyUsage', keyUsage.map(shown).join(', '));
}

function successOf(answer: RawAnswer): Record<string, unknown> {
  const json = objectOf(answer.body);
  return answer.status === 200 ? json : failXks(errorOf(answer.status, json));
}

/** "KMS will use the errorName to determine the exception message": the status alone says nothing. */
function errorOf(status: number, { errorName }: Record<string, unknown>): XksFailureKind {
  const known = PROXY_ERRORS.find((name) => name === errorName);
  return status >= 400 && known !== undefined ? known : 'MalformedResponse';
}

function objectOf(body: Buffer): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    return failXks('MalformedResponse', undefined, error);
  }
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : malformed();
}

function healthOf(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null) return malformed();
  const { id, model, healthStatus } = entry as Record<string, unknown>;
  if (!isText(id) || !isText(model)) return malformed();
  return healthStatus === 'ACTIVE' || healthStatus === 'DEGRADED' || healthStatus === 'UNAVAILABLE' ? healthStatus : malformed();
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= MAX_ENTRIES;
}

/** A proxy's word, fit to stand in an error message. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function malformed(): never {
  return failXks('MalformedResponse');
}
