import { fail } from '@trent/errors';

/** The only bound that AWS publishes for an encryption context: 8192 bytes (XKS proxy API, additional authenticated data). */
export const MAX_CONTEXT_BYTES = 8192;
const LENGTH_BYTES = 2;
const EMPTY = new Uint8Array(0);

/** String pairs as the wires give them. */
export type EncryptionContext = Readonly<Record<string, string>> | ReadonlyMap<string, string>;

/**
 * The canonical form of an encryption context, which goes into the AAD. For each pair, in the order of the keys' UTF-8 bytes:
 * 16-bit length of the key ‖ key ‖ 16-bit length of the value ‖ value (lengths big-endian, texts UTF-8, neither normalised nor case-folded).
 * One context has one form, two have two; the empty context is no bytes at all.
 * @returns bytes of its own; at most 8192
 * @throws {TrentError} ValidationException if the form is longer than 8192 bytes, or a text is no Unicode (a surrogate alone: all of
 *   them would become the same replacement character, and two contexts one)
 */
export function canonicalise(context: EncryptionContext): Uint8Array {
  const pairs = encodePairs(context);
  if (pairs.length === 0) return EMPTY;
  if (pairs.length > 1) pairs.sort((left, right) => Buffer.compare(left.key, right.key));
  let length = 0;
  for (const { key, value } of pairs) length += 2 * LENGTH_BYTES + key.length + value.length;
  if (length > MAX_CONTEXT_BYTES) return tooLong();

  const out = Buffer.alloc(length);
  let at = 0;
  for (const { key, value } of pairs) {
    at = put(out, at, key);
    at = put(out, at, value);
  }
  return out;
}

interface EncodedPair {
  readonly key: Buffer;
  readonly value: Buffer;
}

function encodePairs(context: EncryptionContext): EncodedPair[] {
  const entries = isMap(context) ? context.entries() : Object.entries(context);
  const pairs: EncodedPair[] = [];
  let characters = 0;
  for (const [key, value] of entries) {
    // Checked while counting, so that an oversized context is not encoded first.
    characters += 2 * LENGTH_BYTES + key.length + value.length;
    if (characters > MAX_CONTEXT_BYTES) return tooLong();
    pairs.push({ key: encode(key), value: encode(value) });
  }
  return pairs;
}

/** By shape: a Map of another realm fails `instanceof`, and a value of a record is never a function. */
function isMap(context: EncryptionContext): context is ReadonlyMap<string, string> {
  return typeof (context as { entries?: unknown }).entries === 'function';
}

function encode(text: string): Buffer {
  if (!text.isWellFormed()) return fail('ValidationException', 'Encryption context keys and values must be well-formed Unicode');
  return Buffer.from(text, 'utf8');
}

function put(out: Buffer, at: number, text: Buffer): number {
  out.writeUInt16BE(text.length, at);
  out.set(text, at + LENGTH_BYTES);
  return at + LENGTH_BYTES + text.length;
}

function tooLong(): never {
  return fail(
    'ValidationException',
    `1 validation error detected: Value at 'encryptionContext' failed to satisfy constraint: Member must have length less than or equal to ${String(MAX_CONTEXT_BYTES)}`,
  );
}
