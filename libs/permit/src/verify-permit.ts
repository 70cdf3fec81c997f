import { timingSafeEqual } from 'node:crypto';
import { HmacKey } from '@trent/secret-bytes';

import * as layout from './layout.ts';
import { LEEWAY_MS, MAX_LIFE_MS, MAX_PERMIT_BYTES, permitHour } from './permit.ts';
import type { VerifiedPermit } from './permit.ts';
import { readPermit } from './read-permit.ts';
import { refuse } from './refuse.ts';

/** What the worker is about to do: the permit must say the same. */
export interface ExpectedUse {
  readonly operation: string;
  /** SHA-256 of the input at hand. */
  readonly inputDigest: Uint8Array;
  readonly region: string;
}

/**
 * Checks a permit and gives what it says. Order: bounds, validity (cheap), tag, then all else, so that nothing is read that policy did not write.
 * @param bytes whatever arrived; not changed, and the `inputDigest` of the result is a view of it
 * @param keyForHour the permit key of an hour that this worker knows
 * @param now the worker's clock; clocks may differ by one second
 * @throws {TrentError} AccessDeniedException, always with the same message; its `cause` is the {@link RefusalReason}
 */
export function verifyPermit(
  bytes: Uint8Array,
  keyForHour: (hour: number) => Uint8Array | HmacKey | undefined,
  now: { readonly epochMs: number },
  expected: ExpectedUse,
): VerifiedPermit {
  if (bytes.length < layout.MIN_BYTES || bytes.length > MAX_PERMIT_BYTES || bytes[0] !== layout.VERSION) return refuse('malformed');
  const permit = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const notBeforeMs = permit.readUIntBE(layout.AT_NOT_BEFORE, 6);
  const lifeMs = permit.readUInt16BE(layout.AT_LIFE);
  if (lifeMs > MAX_LIFE_MS) return refuse('malformed');
  if (!(now.epochMs >= notBeforeMs - LEEWAY_MS && now.epochMs <= notBeforeMs + lifeMs + LEEWAY_MS)) return refuse('not-valid-now');

  const key = keyForHour(permitHour(notBeforeMs));
  if (key === undefined) return refuse('unknown-hour');
  const end = permit.length - layout.TAG_BYTES;
  expectedTag.write(HmacKey.of(key).tag(permit.subarray(0, end)), 'latin1');
  if (!timingSafeEqual(expectedTag, permit.subarray(end))) return refuse('wrong-tag');

  const verified = readPermit(permit) as VerifiedPermit;
  if (verified.operation !== expected.operation) return refuse('other-operation');
  if (verified.region !== expected.region) return refuse('other-region');
  if (!sameDigest(verified.inputDigest, expected.inputDigest)) return refuse('other-input');
  return verified;
}

/** Nothing waits between writing and comparing, so one is enough. */
const expectedTag = Buffer.alloc(layout.TAG_BYTES);

function sameDigest(left: Uint8Array, right: Uint8Array): boolean {
  return right.length === layout.DIGEST_BYTES && timingSafeEqual(left, right);
}
