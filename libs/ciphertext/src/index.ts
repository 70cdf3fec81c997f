export { COMMITMENT_BYTES, IV_BYTES, MAX_CIPHERTEXT_BYTES, MAX_OVERHEAD_BYTES, NONCE_BYTES, TAG_BYTES } from './ciphertext.ts';
export type { CiphertextHeader } from './ciphertext.ts';
export { encodeHeader, withIv } from './encode-header.ts';
export { parseCiphertext } from './parse-ciphertext.ts';
export type { ParsedCiphertext } from './parse-ciphertext.ts';
export { additionalData, checkCommitment, kdfInput, withCommitment } from './seal.ts';
