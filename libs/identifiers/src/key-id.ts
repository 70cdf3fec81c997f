import type { BackingKeyId, KeyId } from './brand.ts';
import { hexDigit, hexOfByte, isLowerHex, isUuid } from './characters.ts';
import { uuidOf, uuidVersion4 } from './uuid.ts';

const MULTI_REGION_PREFIX = 'mrk-';
const MULTI_REGION_LENGTH = 36;

/** Length of a key id as bytes: one for its kind (0 single-Region, 1 multi-Region), sixteen for the id. */
export const KEY_ID_BYTES = 17;

/** A key id in either form (lower case only, kms-api: ids are case-sensitive), or undefined. */
export function parseKeyId(text: string): KeyId | undefined {
  return isUuid(text) || isMultiRegionForm(text) ? (text as KeyId) : undefined;
}

/** True for the id of a multi-Region key (`mrk-…`). */
export function isMultiRegionKeyId(keyId: KeyId): boolean {
  return keyId.startsWith(MULTI_REGION_PREFIX);
}

/** A fresh key id of sixteen random bytes: a version 4 UUID, or `mrk-` and 32 hex digits. */
export function newKeyId(randomBytes16: Uint8Array, multiRegion: boolean): KeyId {
  if (randomBytes16.length !== 16) throw new RangeError('a key id needs 16 random bytes');
  if (!multiRegion) return uuidVersion4(randomBytes16, 0) as KeyId;
  return (MULTI_REGION_PREFIX + hex(randomBytes16, 0, 16)) as KeyId;
}

/** The seventeen bytes that stand for a key id in tokens and ciphertexts: kind ‖ sixteen bytes. */
export function keyIdToBytes(keyId: KeyId): Uint8Array {
  const bytes = new Uint8Array(KEY_ID_BYTES);
  writeKeyId(keyId, bytes, 0);
  return bytes;
}

/** Writes the seventeen bytes of a key id into `target` at `offset`. */
export function writeKeyId(keyId: KeyId, target: Uint8Array, offset: number): void {
  const multiRegion = isMultiRegionKeyId(keyId);
  target[offset] = multiRegion ? 1 : 0;
  let at = offset + 1;
  for (let i = multiRegion ? MULTI_REGION_PREFIX.length : 0; i < keyId.length; i += 2) {
    if (keyId.charCodeAt(i) === 0x2d) i += 1;
    target[at++] = (hexDigit(keyId, i) << 4) | hexDigit(keyId, i + 1);
  }
}

/** The key id that seventeen bytes at `offset` stand for, or undefined if they are too few or of no known kind. */
export function keyIdFromBytes(bytes: Uint8Array, offset = 0): KeyId | undefined {
  if (bytes.length < offset + KEY_ID_BYTES) return undefined;
  const kind = bytes[offset];
  if (kind === 0) return uuidOf(bytes, offset + 1) as KeyId;
  if (kind === 1) return (MULTI_REGION_PREFIX + hex(bytes, offset + 1, offset + KEY_ID_BYTES)) as KeyId;
  return undefined;
}

/** The 64 lower-case hex digits of a material, or undefined. */
export function parseBackingKeyId(text: string): BackingKeyId | undefined {
  return text.length === 64 && isLowerHex(text, 0, 64) ? (text as BackingKeyId) : undefined;
}

function isMultiRegionForm(text: string): boolean {
  return text.length === MULTI_REGION_LENGTH && text.startsWith(MULTI_REGION_PREFIX) && isLowerHex(text, 4, MULTI_REGION_LENGTH);
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += hexOfByte[bytes[i] as number] as string;
  return text;
}
