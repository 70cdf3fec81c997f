import { randomBytes } from 'node:crypto';
import { STEP_SECONDS, totpCode } from '../sts/totp.ts';

/** As long as AWS's seeds: 64 characters of Base32. */
const SEED_BYTES = 40;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The seed of a new device. */
export function newSeed(): Buffer {
  return randomBytes(SEED_BYTES);
}

/** A seed in the form in which authenticators take it (RFC 4648 §6; 40 bytes need no padding). */
export function base32Text(seed: Uint8Array): Buffer {
  const text = Buffer.alloc(Math.ceil((seed.length * 8) / 5));
  let [held, bits, at] = [0, 0, 0];
  for (const byte of seed) {
    held = ((held << 8) | byte) & 0x1fff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text[at++] = ALPHABET.charCodeAt((held >> (bits - 5)) & 31);
  }
  return text.subarray(0, at);
}

/** The time step of a moment (RFC 6238 §4.2). */
export function stepOf(epochMs: number): number {
  return Math.floor(epochMs / 1000 / STEP_SECONDS);
}

/**
 * The second of two steps in a row whose codes these are; undefined: there are none such.
 * @param reach steps to look before and after `around`
 */
export function stepOfPair(seed: Uint8Array, codes: readonly [string, string], around: number, reach: number): number | undefined {
  let before = totpCode(seed, around - reach);
  for (let step = around - reach + 1; step <= around + reach + 1; step++) {
    const code = totpCode(seed, step);
    if (before === codes[0] && code === codes[1]) return step;
    before = code;
  }
  return undefined;
}
