import { timingSafeEqual } from 'node:crypto';

import { fail } from '@trent/errors';

import { COMMITMENT_BYTES, NONCE_BYTES } from './ciphertext.ts';

const COMMITMENT = Buffer.alloc(COMMITMENT_BYTES);
const KDF_LABEL = 0x54;
const AES_BLOCK_BYTES = 16;

/**
 * AAD of a message: 16-bit length of the header ‖ header ‖ canonical encryption context. The length keeps the two apart.
 * @throws {RangeError} if the header is longer than 65,535 bytes
 */
export function additionalData(headerBytes: Uint8Array, canonicalContext: Uint8Array): Buffer {
  const out = Buffer.alloc(2 + headerBytes.length + canonicalContext.length);
  out.writeUInt16BE(headerBytes.length, 0);
  out.set(headerBytes, 2);
  out.set(canonicalContext, 2 + headerBytes.length);
  return out;
}

/**
 * Strips the 32 zero bytes that commit a ciphertext to its key, checked in constant time: AES-GCM alone lets one ciphertext open under two
 * keys (Albertini et al., "How to Abuse and Fix Authenticated Encryption Without Key Commitment", the padding fix).
 * @param plaintext what AES-GCM gave; the result is a view of it
 * @throws {TrentError} InvalidCiphertextException without text
 */
export function checkCommitment(plaintext: Buffer): Buffer {
  if (plaintext.length < COMMITMENT_BYTES || !timingSafeEqual(plaintext.subarray(0, COMMITMENT_BYTES), COMMITMENT)) {
    return fail('InvalidCiphertextException');
  }
  return plaintext.subarray(COMMITMENT_BYTES);
}

/** The 32 zero bytes ‖ plaintext: what AES-GCM encrypts. The buffer is of its own; the caller wipes it. */
export function withCommitment(plaintext: Uint8Array): Buffer {
  const out = Buffer.allocUnsafeSlow(COMMITMENT_BYTES + plaintext.length);
  out.fill(0, 0, COMMITMENT_BYTES);
  out.set(plaintext, COMMITMENT_BYTES);
  return out;
}

/**
 * Data of KDF 1: two AES blocks, each label 0x54 ‖ number of the block (1, 2) ‖ nonce. Encrypted under the backing key inside the token
 * (PKCS#11 3.1, "Key derivation by data encryption", CKM_AES_ECB_ENCRYPT_DATA) they are the AES-256 message key. No block comes twice and
 * the backing key does nothing else, so ECB serves as the pseudo-random permutation that it is.
 * @throws {RangeError} if the nonce has not 14 bytes
 */
export function kdfInput(nonce: Uint8Array): Buffer {
  if (nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 14 bytes');
  const out = Buffer.alloc(2 * AES_BLOCK_BYTES);
  out[0] = KDF_LABEL;
  out[1] = 1;
  out.set(nonce, 2);
  out[AES_BLOCK_BYTES] = KDF_LABEL;
  out[AES_BLOCK_BYTES + 1] = 2;
  out.set(nonce, AES_BLOCK_BYTES + 2);
  return out;
}
