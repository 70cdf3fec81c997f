import * as layout from './layout.ts';
import { MAX_KEYS, MAX_LIFE_MS, MAX_PERMIT_BYTES } from './permit.ts';
import type { Permit, PermitKey } from './permit.ts';
import { refuse } from './refuse.ts';

/**
 * Takes a permit apart and proves nothing: `verifyPermit` checks the tag first, `trent show permit` has no key to check it with.
 * Every length is checked, and no byte may be left over. The `inputDigest` of the result is a view of the bytes.
 * @throws {TrentError} AccessDeniedException whose `cause` is 'malformed'
 */
export function readPermit(bytes: Uint8Array): Permit {
  if (bytes.length < layout.MIN_BYTES || bytes.length > MAX_PERMIT_BYTES || bytes[0] !== layout.VERSION) return refuse('malformed');
  const permit = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = permit.length - layout.TAG_BYTES;
  const notBeforeMs = permit.readUIntBE(layout.AT_NOT_BEFORE, 6);
  const lifeMs = permit.readUInt16BE(layout.AT_LIFE);
  if (lifeMs > MAX_LIFE_MS) return refuse('malformed');
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
  };
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
