/** What a symmetric ciphertext says of itself, in clear and authenticated as part of the AAD. */
export interface CiphertextHeader {
  readonly version: 1;
  /** Region, or group of regions for a multi-Region key: 1–32 of `a-z0-9-`. */
  readonly region: string;
  readonly keyId: string;
  /** 64 lower-case hex digits. */
  readonly materialId: string;
  /** 1: the message key is AES-ECB under the backing key over `kdfInput(nonce)` (CKM_AES_ECB_ENCRYPT_DATA). */
  readonly kdf: 1;
  /** 14 bytes that name the message key, fresh for each lane. */
  readonly nonce: Buffer;
  /** 12 bytes: 32-bit counter ‖ 64 random bits. */
  readonly iv: Buffer;
}

/**
 * Ciphertext v1.
 *
 * | offset | bytes | field |
 * |--:|--:|---|
 * | 0 | 2 | `TC` |
 * | 2 | 1 | version, 1 |
 * | 3 | 1 | KDF, 1 |
 * | 4 | 17 | key id: 0 (single-Region) or 1 (multi-Region), 16 bytes |
 * | 21 | 32 | material id |
 * | 53 | 14 | nonce |
 * | 67 | 12 | IV |
 * | 79 | 1 | n, length of the region's or group's name, 1–32 |
 * | 80 | n | region or group, ASCII; end of the header |
 * | 80+n | 32+m | AES-256-GCM of 32 zero bytes ‖ plaintext of m bytes |
 * | end−16 | 16 | tag |
 *
 * Overhead: 80 + n + 32 + 16 = 128 + n, at most 160 bytes.
 */
export const layout = {
  MAGIC: 0x5443,
  VERSION: 1,
  KDF_AES_ECB: 1,
  AT_VERSION: 2,
  AT_KDF: 3,
  AT_KEY_ID: 4,
  AT_MATERIAL_ID: 21,
  AT_NONCE: 53,
  AT_IV: 67,
  AT_REGION_LENGTH: 79,
  AT_REGION: 80,
} as const;

/** Bytes of the nonce that names a message key. */
export const NONCE_BYTES = 14;
/** Bytes of an AES-GCM IV (SP 800-38D §5.2.1.1: 96 bits). */
export const IV_BYTES = 12;
/** Bytes of an AES-GCM tag. */
export const TAG_BYTES = 16;
/** Zero bytes before the plaintext: they commit the ciphertext to one key. */
export const COMMITMENT_BYTES = 32;
/** Longest name of a region or group. */
export const MAX_REGION_LENGTH = 32;
/** Longest CiphertextBlob that the API takes (AWS KMS model, CiphertextType). */
export const MAX_CIPHERTEXT_BYTES = 6144;
/** What v1 adds to a plaintext at most; less for shorter names of regions. */
export const MAX_OVERHEAD_BYTES = layout.AT_REGION + MAX_REGION_LENGTH + COMMITMENT_BYTES + TAG_BYTES;

/** True if bytes `start` to `end` are `a-z0-9-`. */
export function isRegionText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i] as number;
    if (!((c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x2d)) return false;
  }
  return true;
}
