import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { fail } from '@trent/errors';

import * as layout from './layout.ts';
import { LEEWAY_MS, MAX_KEYS, MAX_LIFE_MS, MAX_PERMIT_BYTES, permitHour } from './permit.ts';
import type { Permit, PermitKey, VerifiedPermit } from './permit.ts';

/** What the worker is about to do: the permit must say the same. */
export interface ExpectedUse {
  readonly operation: string;
  /** SHA-256 of the input at hand. */
  readonly inputDigest: Uint8Array;
  readonly region: string;
}

/** Why a permit was refused: `cause` of the error, for the log alone. The answer is the same for all. */
export type RefusalReason =
  'malformed' | 'not-valid-now' | 'unknown-hour' | 'wrong-tag' | 'other-operation' | 'other-input' | 'other-region';

/**
 * Checks a permit and gives what it says. Order: bounds, validity (cheap), tag, then all else, so that nothing is read that policy did not write.
 * @param bytes whatever arrived; not changed, and the `inputDigest` of the result is a view of it
 * @param keyForHour the permit key of an hour that this worker knows, as bytes or (five times as fast) from `preparePermitKey`
 * @param now the worker's clock; clocks may differ by one second
 * @throws {TrentError} AccessDeniedException, always with the same message; its `cause` is the {@link RefusalReason}
 */
export function verifyPermit(
  bytes: Uint8Array,
  keyForHour: (hour: number) => Uint8Array | KeyObject | undefined,
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
  const tag = createHmac('sha256', key).update(permit.subarray(0, end)).digest('binary');
  if (!timingSafeEqual(Buffer.from(tag, 'latin1'), permit.subarray(end))) return refuse('wrong-tag');

  const verified = read(permit, end, notBeforeMs, lifeMs);
  if (verified.operation !== expected.operation) return refuse('other-operation');
  if (verified.region !== expected.region) return refuse('other-region');
  if (!sameDigest(verified.inputDigest, expected.inputDigest)) return refuse('other-input');
  return verified;
}

function sameDigest(left: Uint8Array, right: Uint8Array): boolean {
  return right.length === layout.DIGEST_BYTES && timingSafeEqual(left, right);
}

/** Reads the rest of a permit whose tag is right. It was written by policy; yet every length is checked, and no byte may be left over. */
function read(permit: Buffer, end: number, notBeforeMs: number, lifeMs: number): VerifiedPermit {
  const from = { permit, end, at: layout.AT_TEXTS };
  const id = takeText(from, takeByte(from));
  const account = takeText(from, takeByte(from));
  const operation = takeText(from, takeByte(from));
  const region = takeText(from, takeByte(from));
  const principal = takeText(from, takeUInt16(from));
  const keyCount = permit[layout.AT_KEY_COUNT] as number;
  if (keyCount > MAX_KEYS) refuse('malformed');
  const keys: PermitKey[] = [];
  for (let i = 0; i < keyCount; i++) keys.push(takeKey(from));
  if (from.at !== end) refuse('malformed');
  return {
    id,
    principal,
    principalVersion: permit.readBigUInt64BE(layout.AT_PRINCIPAL_VERSION),
    account,
    operation,
    region,
    keys,
    inputDigest: permit.subarray(layout.AT_DIGEST, layout.AT_DIGEST + layout.DIGEST_BYTES),
    notBeforeMs,
    notAfterMs: notBeforeMs + lifeMs,
  } as Permit as VerifiedPermit;
}

interface Cursor {
  readonly permit: Buffer;
  readonly end: number;
  at: number;
}

function take(from: Cursor, length: number): number {
  const start = from.at;
  if (start + length > from.end) refuse('malformed');
  from.at = start + length;
  return start;
}

function takeByte(from: Cursor): number {
  return from.permit[take(from, 1)] as number;
}

function takeUInt16(from: Cursor): number {
  return from.permit.readUInt16BE(take(from, 2));
}

function takeText(from: Cursor, length: number): string {
  const start = take(from, length);
  return from.permit.toString('latin1', start, start + length);
}

function takeKey(from: Cursor): PermitKey {
  const keyArn = takeText(from, takeUInt16(from));
  const authorisationVersion = from.permit.readBigUInt64BE(take(from, 8));
  const materialLength = takeByte(from);
  if (materialLength !== 0 && materialLength !== layout.MATERIAL_BYTES) refuse('malformed');
  const start = take(from, materialLength);
  return { keyArn, authorisationVersion, materialId: from.permit.toString('hex', start, start + materialLength) };
}

function refuse(reason: RefusalReason): never {
  return fail('AccessDeniedException', 'The permit is not valid for this request.', { cause: reason });
}
