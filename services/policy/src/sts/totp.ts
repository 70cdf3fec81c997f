import { createHmac, timingSafeEqual } from 'node:crypto';

/** RFC 6238 §4: steps of 30 s. */
export const STEP_SECONDS = 30;
/** Steps that a code may lag behind or be ahead: clocks of devices drift (RFC 6238 §5.2). */
const WINDOW = 1;

/** The six digits of a step (RFC 4226 §5.3 with HMAC-SHA-1, as virtual MFA devices have it). */
export function totpCode(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const tag = createHmac('sha1', seed).update(counter).digest();
  const offset = (tag[19] ?? 0) & 0x0f;
  const value = tag.readUInt32BE(offset) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}

/**
 * The step that a code belongs to, among those around now; undefined: it is no code of now.
 * @param driftSteps how far the device's clock is ahead
 */
export function stepOfCode(seed: Uint8Array, code: string, epochMs: number, driftSteps: number): number | undefined {
  const now = Math.floor(epochMs / 1000 / STEP_SECONDS) + driftSteps;
  let found: number | undefined;
  for (let step = now - WINDOW; step <= now + WINDOW; step++) {
    const expected = Buffer.from(totpCode(seed, step));
    const given = Buffer.from(code);
    if (given.length === expected.length && timingSafeEqual(given, expected)) found = step;
  }
  return found;
}
