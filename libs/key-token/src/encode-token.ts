import { hash } from 'node:crypto';

import { KEY_ID_BYTES, parseAccountId, parseBackingKeyId, parseKeyId, writeKeyId } from '@trent/identifiers';
import type { BackingKeyId, KeyId } from '@trent/identifiers';

import {
  CLASS_OF_CODE,
  isPrintable,
  isRegionOrGroup,
  isUpperName,
  layout,
  MAX_OBJECT_ID_LENGTH,
  MAX_PUBLIC_KEY_BYTES,
  MAX_STORE_ID_LENGTH,
  MAX_WRAPPED_BYTES,
} from './key-token.ts';
import type { KeyTokenHeader } from './key-token.ts';

const MATERIAL_LABEL = Buffer.from('trent/material/v1', 'ascii');
const IMPORTED_LABEL = Buffer.from('trent/imported-material/v1', 'ascii');

/**
 * Encodes the header of a token (layout: key-token.ts). The MAC of the token is over this ‖ the wrapped key.
 * @throws {RangeError} if a field has not its form: a defect of the caller
 */
export function encodeTokenHeader(header: KeyTokenHeader): Buffer {
  const keyId = parseKeyId(header.keyId) ?? refuse('keyId');
  if (parseAccountId(header.accountId) === undefined) refuse('accountId');
  if (parseBackingKeyId(header.materialId) === undefined) refuse('materialId');
  if (!isRegionOrGroup(header.region)) refuse('region');
  const names = [header.spec, header.usage, header.origin];
  if (!names.every(isUpperName)) refuse('spec, usage or origin');
  if (!Number.isInteger(header.rootVersion) || header.rootVersion < 0 || header.rootVersion > 0xffff_ffff) refuse('rootVersion');
  const classCode = CLASS_OF_CODE.indexOf(header.keyClass);
  if (classCode < 1) refuse('keyClass');

  const texts = [header.region, ...names, ...placeOf(header)];
  const publicKey = header.format === layout.FORMAT_WITH_PUBLIC_KEY ? header.publicKey : undefined;
  if (publicKey !== undefined && (publicKey.length === 0 || publicKey.length > MAX_PUBLIC_KEY_BYTES)) refuse('public key');
  const textsEnd = texts.reduce<number>((sum, text) => sum + 1 + text.length, layout.AT_TEXTS);
  const length = textsEnd + (publicKey === undefined ? 0 : 2 + publicKey.length);
  const out = Buffer.alloc(length);
  out.writeUIntBE(layout.MAGIC, 0, 3);
  out[layout.AT_FORMAT] = header.format;
  out.writeUInt16BE(length, layout.AT_HEADER_LENGTH);
  out.writeUInt32BE(header.rootVersion, layout.AT_ROOT_VERSION);
  out[layout.AT_CLASS] = classCode;
  writeKeyId(keyId, out, layout.AT_KEY_ID);
  out.write(header.materialId, layout.AT_MATERIAL_ID, 'hex');
  out.write(header.accountId, layout.AT_ACCOUNT, 'latin1');
  let at: number = layout.AT_TEXTS;
  for (const text of texts) {
    out[at] = text.length;
    at += 1 + out.write(text, at + 1, 'latin1');
  }
  if (publicKey !== undefined) {
    out.writeUInt16BE(publicKey.length, textsEnd);
    out.set(publicKey, textsEnd + 2);
  }
  return out;
}

/** Where a key of a custom key store lives. */
function placeOf(header: KeyTokenHeader): readonly string[] {
  if (header.format !== layout.FORMAT_IN_STORE) return [];
  if (!isPrintable(header.storeId, MAX_STORE_ID_LENGTH)) refuse('store id');
  if (!isPrintable(header.objectId, MAX_OBJECT_ID_LENGTH)) refuse('object id');
  return [header.storeId, header.objectId];
}

/**
 * Joins header ‖ wrapped key ‖ MAC.
 * @param mac HMAC-SHA-256 by the binding key over header ‖ wrapped key
 * @throws {RangeError} if the wrapped key is too long, or empty though the key lives in no store, or the MAC has not 32 bytes
 */
export function assembleToken(header: Buffer, wrapped: Uint8Array, mac: Uint8Array): Buffer {
  const mayBeEmpty = header[layout.AT_FORMAT] === layout.FORMAT_IN_STORE;
  if ((wrapped.length === 0 && !mayBeEmpty) || wrapped.length > MAX_WRAPPED_BYTES) refuse('wrapped key');
  if (mac.length !== layout.MAC_BYTES) refuse('MAC');
  return Buffer.concat([header, wrapped, mac]);
}

/** Name of a generated material: SHA-256("trent/material/v1" ‖ 17 bytes of the key id ‖ 32 random bytes). It says nothing of the material. */
export function newMaterialId(keyId: KeyId, random32: Uint8Array): BackingKeyId {
  if (random32.length !== 32) refuse('random bytes of a material id');
  return idOf(MATERIAL_LABEL, keyId, random32);
}

/**
 * Name of an imported material: SHA-256("trent/imported-material/v1" ‖ 17 bytes of the key id ‖ fingerprint), so the same material of the same
 * key has the same name in every Region and for ever.
 * @param fingerprint what only the holder of the material can compute and what does not give it away (docs/cryptography.md, "Imported material")
 */
export function importedMaterialId(keyId: KeyId, fingerprint: Uint8Array): BackingKeyId {
  if (fingerprint.length < 28) refuse('fingerprint of a material');
  return idOf(IMPORTED_LABEL, keyId, fingerprint);
}

function idOf(label: Buffer, keyId: KeyId, bytes: Uint8Array): BackingKeyId {
  const input = Buffer.alloc(label.length + KEY_ID_BYTES + bytes.length);
  input.set(label, 0);
  writeKeyId(keyId, input, label.length);
  input.set(bytes, label.length + KEY_ID_BYTES);
  return parseBackingKeyId(hash('sha256', input, 'hex')) ?? refuse('material id');
}

function refuse(what: string): never {
  throw new RangeError(`a key token cannot carry this: ${what}`);
}
