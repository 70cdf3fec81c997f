import { fail } from '@trent/errors';

/** How material is wrapped for the way to the HSM, by the number in the format; numbers are never reused. AWS's spelling (AlgorithmSpec). */
export const importAlgorithms = [
  undefined,
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
] as const;
/** A wrapping algorithm that import tokens know. */
export type ImportAlgorithm = Exclude<(typeof importAlgorithms)[number], undefined>;

/** What a user brings back together with the wrapped material: it names everything, so no server remembers an import that has begun. */
export interface ImportToken {
  readonly expiresAtMs: number;
  readonly algorithm: ImportAlgorithm;
  /** Key token of class `import`: the wrapping key, itself wrapped, with the KMS key that it is for in its header. */
  readonly wrappingKey: Buffer;
}

/** An import token taken apart. All buffers are views of what was parsed. */
export interface ParsedImportToken extends ImportToken {
  /** Everything before the MAC. */
  readonly authenticated: Buffer;
  readonly mac: Buffer;
}

/**
 * Import token v1. Integers are big-endian.
 *
 * | offset | bytes | field |
 * |--:|--:|---|
 * | 0 | 3 | `TIT` |
 * | 3 | 1 | format, 1 |
 * | 4 | 6 | expires at, epoch milliseconds |
 * | 10 | 1 | algorithm: 1 RSAES_OAEP_SHA_1, 2 RSAES_OAEP_SHA_256, 3 RSA_AES_KEY_WRAP_SHA_1, 4 RSA_AES_KEY_WRAP_SHA_256 |
 * | 11 | | key token of the wrapping key |
 * | end−32 | 32 | HMAC-SHA-256(binding key, all before) |
 */
const layout = { MAGIC: 0x544954, FORMAT: 1, AT_EXPIRY: 4, AT_ALGORITHM: 10, AT_KEY: 11, MAC_BYTES: 32 } as const;
/** Bound of AWS's ImportToken member. */
const MAX_TOKEN_BYTES = 6144;

/**
 * Everything of a token but its MAC, which is appended to it: HMAC-SHA-256 by the binding key.
 * @throws {RangeError} for a wrapping key that does not fit: a defect of the caller
 */
export function encodeImportToken({ expiresAtMs, algorithm, wrappingKey }: ImportToken): Buffer {
  const length = layout.AT_KEY + wrappingKey.length;
  if (wrappingKey.length === 0 || length + layout.MAC_BYTES > MAX_TOKEN_BYTES) throw new RangeError('no wrapping key of an import token');
  const out = Buffer.alloc(length);
  out.writeUIntBE(layout.MAGIC, 0, 3);
  out[3] = layout.FORMAT;
  out.writeUIntBE(expiresAtMs, layout.AT_EXPIRY, 6);
  out[layout.AT_ALGORITHM] = importAlgorithms.indexOf(algorithm);
  out.set(wrappingKey, layout.AT_KEY);
  return out;
}

/**
 * Takes a token apart. It proves nothing: check `mac` over `authenticated` with the binding key (in the HSM) before a field is believed.
 * @throws {TrentError} InvalidImportTokenException for anything that is no import token of format 1
 */
export function parseImportToken(token: Uint8Array): ParsedImportToken {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length);
  const macAt = bytes.length - layout.MAC_BYTES;
  if (macAt <= layout.AT_KEY || bytes.length > MAX_TOKEN_BYTES) fail('InvalidImportTokenException');
  if (bytes.readUIntBE(0, 3) !== layout.MAGIC || bytes[3] !== layout.FORMAT) fail('InvalidImportTokenException');
  return {
    expiresAtMs: bytes.readUIntBE(layout.AT_EXPIRY, 6),
    algorithm: importAlgorithms[bytes[layout.AT_ALGORITHM] ?? 0] ?? fail('InvalidImportTokenException'),
    wrappingKey: bytes.subarray(layout.AT_KEY, macAt),
    authenticated: bytes.subarray(0, macAt),
    mac: bytes.subarray(macAt),
  };
}
