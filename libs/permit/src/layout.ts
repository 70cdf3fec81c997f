/**
 * Permit v1, canonical: one permit has one encoding. Integers are big-endian; texts are printable ASCII behind their length.
 *
 * | offset | bytes | field |
 * |--:|--:|---|
 * | 0 | 1 | version, 1 |
 * | 1 | 6 | not before, milliseconds since 1970 |
 * | 7 | 2 | life, milliseconds, at most 3000 |
 * | 9 | 32 | SHA-256 of the input |
 * | 41 | 8 | version of the principal |
 * | 49 | 1 | number of keys, 0 to 2 |
 * | 50 | 1+n | id |
 * | | 1+n | account |
 * | | 1+n | operation |
 * | | 1+n | region |
 * | | 2+n | principal |
 * | | | for each key: 2+n key ARN, 8 authorisation version, 1 length of material id (0 or 32), material id |
 * | end−32 | 32 | HMAC-SHA-256 of all before it, by the permit key of the hour of "not before" |
 */
export const VERSION = 1;
export const AT_NOT_BEFORE = 1;
export const AT_LIFE = 7;
export const AT_DIGEST = 9;
export const AT_PRINCIPAL_VERSION = 41;
export const AT_KEY_COUNT = 49;
export const AT_TEXTS = 50;

export const DIGEST_BYTES = 32;
export const MATERIAL_BYTES = 32;
export const TAG_BYTES = 32;
/** Fixed part, five empty texts (four of one length byte, one of two) and the tag. */
export const MIN_BYTES = AT_TEXTS + 4 + 2 + TAG_BYTES;
/** Bytes of a key besides its ARN and material. */
export const KEY_OVERHEAD = 2 + 8 + 1;
