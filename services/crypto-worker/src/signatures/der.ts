/** ASN.1 DER of ECDSA-Sig-Value (RFC 3279 §2.2.3): SEQUENCE { r INTEGER, s INTEGER }; PKCS#11 has r ‖ s, each as long as a coordinate. */

const [SEQUENCE, INTEGER] = [0x30, 0x02];
const LONG_FORM = 0x80;

/** r ‖ s as PKCS#11 gives it → DER. */
export function derOfSignature(raw: Buffer): Buffer {
  const half = raw.length / 2;
  const content = Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))]);
  return Buffer.concat([tag(SEQUENCE, content.length), content]);
}

/** DER → r ‖ s of `bytes` each; undefined for anything but the one encoding of two numbers that fit. */
export function rawOfSignature(der: Uint8Array, bytes: number): Buffer | undefined {
  const input = Buffer.from(der.buffer, der.byteOffset, der.length);
  const sequence = readTag(input, 0, SEQUENCE);
  if (sequence?.end !== input.length) return undefined;
  const r = readTag(input, sequence.start, INTEGER);
  const s = r === undefined ? undefined : readTag(input, r.end, INTEGER);
  if (r === undefined || s?.end !== input.length) return undefined;
  const out = Buffer.alloc(2 * bytes);
  const fits = place(input.subarray(r.start, r.end), out.subarray(0, bytes)) && place(input.subarray(s.start, s.end), out.subarray(bytes));
  return fits ? out : undefined;
}

/** A positive INTEGER in the fewest bytes (X.690 §8.3.2). */
function integer(unsigned: Buffer): Buffer {
  let from = 0;
  while (from < unsigned.length - 1 && unsigned[from] === 0) from++;
  const digits = unsigned.subarray(from);
  const sign = (digits[0] ?? 0) >= 0x80 ? Buffer.alloc(1) : Buffer.alloc(0);
  return Buffer.concat([tag(INTEGER, sign.length + digits.length), sign, digits]);
}

/** Lengths up to 255: a P-521 signature has 139 bytes at most. */
function tag(type: number, length: number): Buffer {
  return Buffer.from(length < LONG_FORM ? [type, length] : [type, LONG_FORM | 1, length]);
}

function readTag(input: Buffer, at: number, type: number): { readonly start: number; readonly end: number } | undefined {
  const [found, first, second] = [input[at], input[at + 1], input[at + 2]];
  if (found !== type || first === undefined) return undefined;
  if (first < LONG_FORM) return within(input, at + 2, first);
  // X.690 §10.1: the long form only where the short one does not do.
  if (first !== (LONG_FORM | 1) || second === undefined || second < LONG_FORM) return undefined;
  return within(input, at + 3, second);
}

function within(input: Buffer, start: number, length: number): { readonly start: number; readonly end: number } | undefined {
  return start + length <= input.length ? { start, end: start + length } : undefined;
}

/** Writes an INTEGER's content right-aligned; false for a negative, padded or too long one. */
function place(content: Buffer, out: Buffer): boolean {
  const [first, second] = [content[0], content[1]];
  if (first === undefined || first >= 0x80) return false;
  if (first === 0 && content.length > 1 && (second ?? 0) < 0x80) return false;
  const digits = first === 0 ? content.subarray(1) : content;
  if (digits.length > out.length) return false;
  digits.copy(out, out.length - digits.length);
  return true;
}
