/** Characters of the Base64 of so many bytes (RFC 4648 §4). */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/**
 * The bytes of a text in Base64 (RFC 4648 §4) of at most `maxBytes`.
 * @returns undefined for anything that is not the one encoding of its bytes: wrong alphabet, missing padding, bits left over
 */
export function strictBase64(text: unknown, maxBytes: number): Buffer | undefined {
  if (typeof text !== 'string' || text.length > base64Length(maxBytes)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length <= maxBytes && bytes.toString('base64') === text ? bytes : undefined;
}
