import { HmacKey } from '@trent/secret-bytes';

import * as layout from './layout.ts';
import { MAX_KEYS, MAX_LIFE_MS, MAX_PERMIT_BYTES } from './permit.ts';
import type { Permit, PermitKey } from './permit.ts';

/**
 * Encodes a permit (layout.ts) and signs it with the permit key of its hour.
 * @param keyOfHour the 32 bytes, or better what `preparePermitKey` made of them
 * @throws {RangeError} if the permit cannot be encoded: a defect of the caller, nothing a client can cause
 */
export function issuePermit(permit: Permit, keyOfHour: Uint8Array | HmacKey): Buffer {
  const lifeMs = permit.notAfterMs - permit.notBeforeMs;
  if (!Number.isSafeInteger(permit.notBeforeMs) || permit.notBeforeMs < 0 || permit.notBeforeMs >= 2 ** 48) refuse('notBeforeMs');
  if (!Number.isInteger(lifeMs) || lifeMs < 0 || lifeMs > MAX_LIFE_MS) refuse('notAfterMs');
  if (permit.inputDigest.length !== layout.DIGEST_BYTES) refuse('inputDigest');
  if (permit.keys.length > MAX_KEYS) refuse('keys');

  const out = Buffer.alloc(encodedLength(permit));
  out[0] = layout.VERSION;
  out.writeUIntBE(permit.notBeforeMs, layout.AT_NOT_BEFORE, 6);
  out.writeUInt16BE(lifeMs, layout.AT_LIFE);
  out.set(permit.inputDigest, layout.AT_DIGEST);
  out.writeBigUInt64BE(permit.principalVersion, layout.AT_PRINCIPAL_VERSION);
  out[layout.AT_KEY_COUNT] = permit.keys.length;
  let at = layout.AT_TEXTS;
  at = putShort(out, at, permit.id);
  at = putShort(out, at, permit.account);
  at = putShort(out, at, permit.operation);
  at = putShort(out, at, permit.region);
  at = putLong(out, at, permit.principal);
  for (const key of permit.keys) at = putKey(out, at, key);
  out.write(HmacKey.of(keyOfHour).tag(out.subarray(0, at)), at, 'latin1');
  return out;
}

function encodedLength(permit: Permit): number {
  let length = layout.MIN_BYTES + permit.id.length + permit.account.length + permit.operation.length + permit.region.length;
  length += permit.principal.length;
  for (const key of permit.keys) {
    length += layout.KEY_OVERHEAD + key.keyArn.length + (key.materialId === '' ? 0 : layout.MATERIAL_BYTES);
  }
  if (length > MAX_PERMIT_BYTES) refuse('length');
  return length;
}

function putShort(out: Buffer, at: number, text: string): number {
  if (text.length > 0xff) refuse(text);
  out[at] = text.length;
  return putText(out, at + 1, text);
}

function putLong(out: Buffer, at: number, text: string): number {
  out.writeUInt16BE(text.length, at);
  return putText(out, at + 2, text);
}

function putText(out: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    // INVARIANT: one character, one byte; so two texts never share an encoding.
    if (c < 0x21 || c > 0x7e) refuse(text);
    out[at + i] = c;
  }
  return at + text.length;
}

function putKey(out: Buffer, at: number, key: PermitKey): number {
  let next = putLong(out, at, key.keyArn);
  out.writeBigUInt64BE(key.authorisationVersion, next);
  next += 8;
  if (key.materialId === '') {
    out[next] = 0;
    return next + 1;
  }
  out[next] = layout.MATERIAL_BYTES;
  if (key.materialId.length !== 64 || out.write(key.materialId, next + 1, 32, 'hex') !== 32) refuse('materialId');
  return next + 1 + layout.MATERIAL_BYTES;
}

function refuse(what: string): never {
  throw new RangeError(`a permit cannot carry this: ${what}`);
}
