/** Kind of a backing key: each class is wrapped by a key of its own in the root set. */
export type KeyClass = 'aes-derive' | 'hmac' | 'rsa' | 'ec' | 'edwards' | 'post-quantum' | 'system' | 'import';

/** What every token says of the key inside, before anything is unwrapped. */
interface CommonHeader {
  /** Region, or group of regions for a multi-Region key: 1–32 of `a-z0-9-`. */
  readonly region: string;
  /** Version of the root set whose wrapping key was used, from 1. */
  readonly rootVersion: number;
  /** Twelve digits. */
  readonly accountId: string;
  readonly keyId: string;
  /** 64 lower-case hex digits. */
  readonly materialId: string;
  /** AWS's spelling, as `SYMMETRIC_DEFAULT`: 1–64 of `A-Z0-9_`; so are usage and origin. */
  readonly spec: string;
  readonly usage: string;
  readonly origin: string;
  readonly keyClass: KeyClass;
}

/** A token of a secret key. */
export interface SecretKeyHeader extends CommonHeader {
  readonly format: 1;
}

/** A token of a private key: its public half is told, under the same MAC, so that no use of it needs an unwrapping. */
export interface PrivateKeyHeader extends CommonHeader {
  readonly format: 2;
  /** SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7). */
  readonly publicKey: Buffer;
}

/** A token of a key in a custom key store: it says where the key lives, and wraps no more of it than lives outside the store. */
export interface StoreKeyHeader extends CommonHeader {
  readonly format: 3;
  /** `cks-` and 17 hex digits: 1–64 of printable ASCII; so is the object's name (CKA_ID in hex, XksKeyId), of up to 128. */
  readonly storeId: string;
  readonly objectId: string;
}

/** What a token says of the key inside. */
export type KeyTokenHeader = SecretKeyHeader | PrivateKeyHeader | StoreKeyHeader;

/** A token taken apart. All buffers are views of what was parsed. */
export interface ParsedKeyToken {
  readonly header: KeyTokenHeader;
  /** header ‖ wrapped key: what the MAC covers. */
  readonly authenticated: Buffer;
  /** KWP output (RFC 5649, SP 800-38F §6.3), or what stands for it where the crypto profile says so; empty for a key that lives in a store alone. */
  readonly wrapped: Buffer;
  readonly mac: Buffer;
}

/**
 * Key token, formats 1 to 3. Integers are big-endian; texts are ASCII behind their length.
 *
 * | offset | bytes | field |
 * |--:|--:|---|
 * | 0 | 3 | `TKT` |
 * | 3 | 1 | format: 1, 2 with a public key, 3 in a custom key store |
 * | 4 | 2 | length of the header |
 * | 6 | 4 | root version |
 * | 10 | 1 | class of the key: 1 aes-derive, 2 hmac, 3 rsa, 4 ec, 5 edwards, 6 post-quantum, 7 system, 8 import |
 * | 11 | 17 | key id: 0 (single-Region) or 1 (multi-Region), 16 bytes |
 * | 28 | 32 | material id |
 * | 60 | 12 | account, digits |
 * | 72 | 1+n | region or group |
 * | | 1+n | spec |
 * | | 1+n | usage |
 * | | 1+n | origin, end of the header in format 1 |
 * | | 2+n | format 2: public key, SubjectPublicKeyInfo in DER, end of the header |
 * | | 1+n | format 3: store id |
 * | | 1+n | format 3: name of the object in the store, end of the header |
 * | | | wrapped key; in format 3 it may be empty |
 * | end−32 | 32 | HMAC-SHA-256(binding key, header ‖ wrapped key) |
 */
export const layout = {
  MAGIC: 0x544b54,
  FORMAT: 1,
  FORMAT_WITH_PUBLIC_KEY: 2,
  FORMAT_IN_STORE: 3,
  AT_FORMAT: 3,
  AT_HEADER_LENGTH: 4,
  AT_ROOT_VERSION: 6,
  AT_CLASS: 10,
  AT_KEY_ID: 11,
  AT_MATERIAL_ID: 28,
  AT_ACCOUNT: 60,
  AT_TEXTS: 72,
  MAC_BYTES: 32,
} as const;

/** Bound of a wrapped key: ML-DSA-87 and RSA-4096 private keys need about 5 KB and 2.4 KB. */
export const MAX_WRAPPED_BYTES = 16_384;
/** Bound of a public key: ML-DSA-87 needs 2,614 bytes, RSA-4096 550. */
export const MAX_PUBLIC_KEY_BYTES = 4_096;
/** Longest region or group name (AWS KMS model, RegionType). */
export const MAX_REGION_LENGTH = 32;
/** Longest id of a custom key store, and longest name of an object in one (AWS KMS model, CustomKeyStoreIdType and XksKeyIdType). */
export const MAX_STORE_ID_LENGTH = 64;
export const MAX_OBJECT_ID_LENGTH = 128;
/** Longest spec, usage or origin. */
export const MAX_NAME_LENGTH = 64;

/** Class by its number in the format; numbers are never reused. */
export const CLASS_OF_CODE: readonly (KeyClass | undefined)[] = [
  undefined,
  'aes-derive',
  'hmac',
  'rsa',
  'ec',
  'edwards',
  'post-quantum',
  'system',
  'import',
];

/** True for 1–32 of `a-z0-9-`: a region or the name of a group of regions. */
export function isRegionOrGroup(text: string): boolean {
  return text.length <= MAX_REGION_LENGTH && /^[a-z0-9-]+$/.test(text);
}

/** True for 1–64 of `A-Z0-9_`: AWS's spelling of specs, usages and origins. */
export function isUpperName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && /^[A-Z0-9_]+$/.test(text);
}

/** True for 1 to `max` characters of printable ASCII without the space. */
export function isPrintable(text: string, max: number): boolean {
  return text.length <= max && /^[!-~]+$/.test(text);
}
