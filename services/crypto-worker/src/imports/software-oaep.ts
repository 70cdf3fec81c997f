import { hash as digestOf, timingSafeEqual } from 'node:crypto';

const NODE_HASH = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const;
const HASH_BYTES = { 'SHA-1': 20, 'SHA-256': 32 } as const;

/**
 * Takes EME-OAEP off (RFC 8017 §7.1.2, step 3; empty label, MGF1 of the same hash) what a raw RSA operation in the token gave.
 * Every way to be wrong takes the same steps and gives the same answer, so that no caller becomes Manger's oracle (RFC 8017 §7.1.2, note).
 * @param encoded as long as the modulus; wiped
 * @returns the message, which the caller wipes; undefined when the padding is not as it must be
 */
export function removeOaep(encoded: Buffer, hash: 'SHA-1' | 'SHA-256'): Buffer | undefined {
  const size = HASH_BYTES[hash];
  if (encoded.length < 2 * size + 2) return undefined;
  const seed = encoded.subarray(1, 1 + size);
  const block = encoded.subarray(1 + size);
  xorMask(seed, block, hash);
  xorMask(block, seed, hash);
  const labelHash = digestOf(NODE_HASH[hash], '', 'buffer');
  let bad = encoded[0] ?? 1;
  bad |= timingSafeEqual(block.subarray(0, size), labelHash) ? 0 : 1;
  // RFC 8017 §7.1.2, step 3g: zeros, then 0x01, then the message; looked for over the whole block whatever it holds.
  let start = 0;
  for (let at = size; at < block.length; at++) {
    const byte = block[at] ?? 0;
    const searching = start === 0 ? 1 : 0;
    start |= searching & (byte === 1 ? 1 : 0) ? at + 1 : 0;
    bad |= searching & (byte !== 0 && byte !== 1 ? 1 : 0);
  }
  const message = bad === 0 && start !== 0 ? Buffer.from(block.subarray(start)) : undefined;
  encoded.fill(0);
  return message;
}

/** RFC 8017 B.2.1: target ⊕= MGF1(source). */
function xorMask(target: Buffer, source: Buffer, hash: 'SHA-1' | 'SHA-256'): void {
  const input = Buffer.alloc(source.length + 4);
  source.copy(input);
  for (let at = 0, counter = 0; at < target.length; counter++) {
    input.writeUInt32BE(counter, source.length);
    const mask = digestOf(NODE_HASH[hash], input, 'buffer');
    for (let i = 0; i < mask.length && at < target.length; i++, at++) target[at] = (target[at] ?? 0) ^ (mask[i] ?? 0);
    mask.fill(0);
  }
  input.fill(0);
}
