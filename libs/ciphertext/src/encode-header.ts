import { parseBackingKeyId, parseKeyId, writeKeyId } from '@trent/identifiers';

import { IV_BYTES, layout, NONCE_BYTES } from './ciphertext.ts';
import type { CiphertextHeader } from './ciphertext.ts';

/** 1–32 characters: MAX_REGION_LENGTH. */
const REGION_PATTERN = /^[a-z0-9-]{1,32}$/;

/**
 * Encodes the header of a ciphertext (layout: ciphertext.ts).
 * @throws {RangeError} if a field has not its form: a defect of the caller
 */
export function encodeHeader(header: CiphertextHeader): Buffer {
  const keyId = parseKeyId(header.keyId) ?? refuse('keyId');
  if (parseBackingKeyId(header.materialId) === undefined) refuse('materialId');
  if (header.nonce.length !== NONCE_BYTES) refuse('nonce');
  if (header.iv.length !== IV_BYTES) refuse('iv');
  // Checked as text: written as Latin-1, a character like š would become another letter.
  if (!REGION_PATTERN.test(header.region)) refuse('region');
  const regionLength = header.region.length;

  const out = Buffer.alloc(layout.AT_REGION + regionLength);
  out.writeUInt16BE(layout.MAGIC, 0);
  out[layout.AT_VERSION] = layout.VERSION;
  out[layout.AT_KDF] = layout.KDF_AES_ECB;
  writeKeyId(keyId, out, layout.AT_KEY_ID);
  out.write(header.materialId, layout.AT_MATERIAL_ID, 'hex');
  out.set(header.nonce, layout.AT_NONCE);
  out.set(header.iv, layout.AT_IV);
  out[layout.AT_REGION_LENGTH] = regionLength;
  out.write(header.region, layout.AT_REGION, 'latin1');
  return out;
}

/**
 * A copy of an encoded header with another IV: within a lane nothing else changes from message to message.
 * @throws {RangeError} if the IV has not 12 bytes
 */
export function withIv(headerBytes: Buffer, iv: Uint8Array): Buffer {
  if (iv.length !== IV_BYTES) refuse('iv');
  const out = Buffer.from(headerBytes);
  out.set(iv, layout.AT_IV);
  return out;
}

function refuse(what: string): never {
  throw new RangeError(`a ciphertext header cannot carry this: ${what}`);
}
