import { fail } from '@trent/errors';
import { keyIdFromBytes } from '@trent/identifiers';

import {
  COMMITMENT_BYTES,
  IV_BYTES,
  isRegionText,
  layout,
  MAX_CIPHERTEXT_BYTES,
  MAX_REGION_LENGTH,
  NONCE_BYTES,
  TAG_BYTES,
} from './ciphertext.ts';
import type { CiphertextHeader } from './ciphertext.ts';

/** A ciphertext taken apart. All buffers are views of what was parsed. */
export interface ParsedCiphertext {
  readonly header: CiphertextHeader;
  /** The header as it came: it goes into the AAD. */
  readonly headerBytes: Buffer;
  /** AES-GCM output: encrypted commitment and plaintext ‖ tag. */
  readonly body: Buffer;
}

const MIN_BODY_BYTES = COMMITMENT_BYTES + TAG_BYTES;

/**
 * Takes a ciphertext apart. Nothing in it is proven until the tag is checked.
 * @param blob whatever the caller sent
 * @throws {TrentError} InvalidCiphertextException without text (as AWS KMS answers) for anything that is no ciphertext v1
 */
export function parseCiphertext(blob: Uint8Array): ParsedCiphertext {
  if (blob.length < layout.AT_REGION + 1 + MIN_BODY_BYTES || blob.length > MAX_CIPHERTEXT_BYTES) return invalid();
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  if (bytes.readUInt16BE(0) !== layout.MAGIC || bytes[layout.AT_VERSION] !== layout.VERSION) return invalid();
  if (bytes[layout.AT_KDF] !== layout.KDF_AES_ECB) return invalid();
  const regionLength = bytes[layout.AT_REGION_LENGTH] as number;
  if (regionLength === 0 || regionLength > MAX_REGION_LENGTH) return invalid();
  const headerEnd = layout.AT_REGION + regionLength;
  if (bytes.length - headerEnd < MIN_BODY_BYTES || !isRegionText(bytes, layout.AT_REGION, headerEnd)) return invalid();
  const keyId = keyIdFromBytes(bytes, layout.AT_KEY_ID) ?? invalid();
  const header: CiphertextHeader = {
    version: layout.VERSION,
    region: bytes.toString('latin1', layout.AT_REGION, headerEnd),
    keyId,
    materialId: bytes.toString('hex', layout.AT_MATERIAL_ID, layout.AT_NONCE),
    kdf: layout.KDF_AES_ECB,
    nonce: bytes.subarray(layout.AT_NONCE, layout.AT_NONCE + NONCE_BYTES),
    iv: bytes.subarray(layout.AT_IV, layout.AT_IV + IV_BYTES),
  };
  return { header, headerBytes: bytes.subarray(0, headerEnd), body: bytes.subarray(headerEnd) };
}

function invalid(): never {
  return fail('InvalidCiphertextException');
}
