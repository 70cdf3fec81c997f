import { bytesOf } from './secret-bytes.ts';
import type { SecretBytes } from './secret-bytes.ts';

/**
 * Gives the bytes of a secret, without a copy: they are gone when the secret is disposed. An entry of its own, so that one search for
 * `secret-bytes/reveal` lists every place that sees plaintext; lint opens it to those places alone.
 * @throws {Error} if the secret was disposed
 */
export function reveal(secret: SecretBytes): Buffer {
  return bytesOf(secret);
}
