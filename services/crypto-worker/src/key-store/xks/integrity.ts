import { createHash, timingSafeEqual } from 'node:crypto';
import type { SealedOutside } from './answers.ts';

/**
 * ciphertextDataIntegrityValue (XKS Proxy API, Appendix C): SHA-256 over additional data ‖ ciphertext metadata ‖ IV ‖ ciphertext ‖ tag, absent
 * parts empty. It finds bits that flipped on the way, not forgeries.
 */
export function integrityValue(aad: Uint8Array, { metadata, iv, ciphertext, tag }: SealedOutside): Buffer {
  return createHash('sha256').update(aad).update(metadata).update(iv).update(ciphertext).update(tag).digest();
}

/** Whether the proxy's value is the right one. */
export function isIntact(aad: Uint8Array, sealed: SealedOutside, given: Uint8Array): boolean {
  const expected = integrityValue(aad, sealed);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
