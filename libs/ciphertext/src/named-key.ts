import { isExternal, parseExternal } from './external-ciphertext.ts';
import { parseCiphertext } from './parse-ciphertext.ts';

/** The key that a ciphertext names, of whatever version. */
export interface NamedKey {
  readonly region: string;
  readonly keyId: string;
  readonly materialId: string;
}

/**
 * The key that a ciphertext says it was made under, whatever its version; unproven.
 * @throws {TrentError} InvalidCiphertextException without text for anything that is no ciphertext
 */
export function namedKey(blob: Uint8Array): NamedKey {
  return isExternal(blob) ? parseExternal(blob) : parseCiphertext(blob).header;
}
