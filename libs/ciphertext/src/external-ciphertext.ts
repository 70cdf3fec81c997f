import { fail } from '@trent/errors';
import { keyIdFromBytes, parseBackingKeyId, parseKeyId, writeKeyId } from '@trent/identifiers';

import { isRegionText, layout, MAX_CIPHERTEXT_BYTES, MAX_REGION_LENGTH, TAG_BYTES } from './ciphertext.ts';

/**
 * Ciphertext v2: the outer of two encryptions, made by an external key manager; inside is a ciphertext v1 of the same key and material.
 *
 * | offset | bytes | field |
 * |--:|--:|---|
 * | 0 | 2 | `TC` |
 * | 2 | 1 | version, 2 |
 * | 3 | 1 | outer encryption, 1: AES-GCM of an external key store proxy |
 * | 4 | 17 | key id |
 * | 21 | 32 | material id |
 * | 53 | 1 | n, length of the region, 1–32 |
 * | 54 | n | region |
 * | 54+n | 1 | v, length of the IV: 12 or 16 |
 * | | v | IV |
 * | | 16 | tag |
 * | | 1 | m, length of the proxy's metadata, 0–20 |
 * | | m | metadata |
 * | | rest | what the proxy made of the ciphertext v1, of the same length |
 */
export interface ExternalCiphertext {
  readonly region: string;
  readonly keyId: string;
  /** 64 lower-case hex digits. */
  readonly materialId: string;
  /** 12 or 16 bytes. */
  readonly iv: Buffer;
  /** 16 bytes. */
  readonly tag: Buffer;
  /** At most 20 bytes. */
  readonly metadata: Buffer;
  readonly ciphertext: Buffer;
}

const VERSION = 2;
const XKS_AES_GCM = 1;
const AT_REGION_LENGTH = 53;
const AT_REGION = 54;
const IV_LENGTHS = [12, 16];
const MAX_METADATA_BYTES = 20;
/** The shortest ciphertext v1: header with a region of one character, commitment, tag. */
const MIN_INNER_BYTES = layout.AT_REGION + 1 + 48;
/** Most that every proxy takes (XKS Proxy API, Encrypt). */
const MAX_INNER_BYTES = 4300;

/** Encodes a ciphertext v2. @throws {RangeError} if a field has not its form: a defect of the caller */
export function encodeExternal(fields: ExternalCiphertext): Buffer {
  const { region, iv, tag, metadata, ciphertext } = fields;
  const keyId = parseKeyId(fields.keyId) ?? refuse('keyId');
  if (parseBackingKeyId(fields.materialId) === undefined) refuse('materialId');
  if (!/^[a-z0-9-]{1,32}$/.test(region)) refuse('region');
  if (!IV_LENGTHS.includes(iv.length)) refuse('iv');
  if (tag.length !== TAG_BYTES) refuse('tag');
  if (metadata.length > MAX_METADATA_BYTES) refuse('metadata');
  if (ciphertext.length < MIN_INNER_BYTES || ciphertext.length > MAX_INNER_BYTES) refuse('ciphertext');
  const head = Buffer.alloc(AT_REGION + region.length);
  head.writeUInt16BE(layout.MAGIC, 0);
  head[layout.AT_VERSION] = VERSION;
  head[layout.AT_KDF] = XKS_AES_GCM;
  writeKeyId(keyId, head, layout.AT_KEY_ID);
  head.write(fields.materialId, layout.AT_MATERIAL_ID, 'hex');
  head[AT_REGION_LENGTH] = region.length;
  head.write(region, AT_REGION, 'latin1');
  return Buffer.concat([head, Buffer.of(iv.length), iv, tag, Buffer.of(metadata.length), metadata, ciphertext]);
}

/** Whether a blob says that it is of this format; nothing else of it is looked at. */
export function isExternal(blob: Uint8Array): boolean {
  return blob[layout.AT_VERSION] === VERSION;
}

/**
 * Takes a ciphertext v2 apart; the buffers are views of it. Nothing in it is proven until both encryptions have been undone.
 * @throws {TrentError} InvalidCiphertextException without text for anything that is no ciphertext v2
 */
export function parseExternal(blob: Uint8Array): ExternalCiphertext {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  if (bytes.length <= AT_REGION || bytes.length > MAX_CIPHERTEXT_BYTES) return invalid();
  if (bytes.readUInt16BE(0) !== layout.MAGIC || !isExternal(bytes) || bytes[layout.AT_KDF] !== XKS_AES_GCM) return invalid();
  const keyId = keyIdFromBytes(bytes, layout.AT_KEY_ID) ?? invalid();
  const [region, afterRegion] = counted(bytes, AT_REGION_LENGTH, 1, MAX_REGION_LENGTH);
  if (!isRegionText(region, 0, region.length)) return invalid();
  const [iv, afterIv] = counted(bytes, afterRegion, Math.min(...IV_LENGTHS), Math.max(...IV_LENGTHS));
  if (!IV_LENGTHS.includes(iv.length)) return invalid();
  const afterTag = afterIv + TAG_BYTES;
  const [metadata, afterMetadata] = counted(bytes, afterTag, 0, MAX_METADATA_BYTES);
  const ciphertext = bytes.subarray(afterMetadata);
  if (ciphertext.length < MIN_INNER_BYTES || ciphertext.length > MAX_INNER_BYTES) return invalid();
  const materialId = bytes.toString('hex', layout.AT_MATERIAL_ID, AT_REGION_LENGTH);
  return { region: region.toString('latin1'), keyId, materialId, iv, tag: bytes.subarray(afterIv, afterTag), metadata, ciphertext };
}

/** Bytes behind their one-byte length at `at`, and where they end. */
function counted(bytes: Buffer, at: number, min: number, max: number): [Buffer, number] {
  const length = bytes[at] ?? invalid();
  const end = at + 1 + length;
  return length < min || length > max || end > bytes.length ? invalid() : [bytes.subarray(at + 1, end), end];
}

function invalid(): never {
  return fail('InvalidCiphertextException');
}

function refuse(what: string): never {
  throw new RangeError(`a ciphertext v2 cannot carry this: ${what}`);
}
