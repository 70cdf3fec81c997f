import { hash, timingSafeEqual } from 'node:crypto';

const SHOWN = '[secret]';

/** Reads the bytes of a secret. Not part of the library's door: `@trent/secret-bytes/reveal` is the only way to it. */
export let bytesOf: (secret: SecretBytes) => Buffer;

/**
 * Bytes that must not be seen: plaintext, data keys, shared secrets, PINs. They lie in memory of their own (never in Node's buffer pool),
 * print as `[secret]` in every way that text is made of a value, and are overwritten by dispose: `using key = SecretBytes.take(…)`.
 * What JavaScript cannot promise is said in docs/cryptography.md: copies made by others stay where they are.
 */
export class SecretBytes implements Disposable {
  #bytes: Buffer;
  #disposed = false;

  static {
    bytesOf = (secret) => secret.#alive();
  }

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Copies `bytes` into memory of its own; the source stays the caller's to wipe. */
  static copyOf(bytes: Uint8Array): SecretBytes {
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes);
    return new SecretBytes(own);
  }

  /** Takes `bytes` over without a copy: the caller must not use them again, dispose wipes them. */
  static take(bytes: Buffer): SecretBytes {
    return new SecretBytes(bytes);
  }

  /** Number of bytes; 0 after dispose. */
  get length(): number {
    return this.#bytes.length;
  }

  /**
   * Compares in constant time, whatever the lengths: it compares digests.
   * @throws {Error} if either secret was disposed
   */
  equals(other: SecretBytes): boolean {
    return timingSafeEqual(hash('sha256', this.#alive(), 'buffer'), hash('sha256', other.#alive(), 'buffer'));
  }

  /** Overwrites the bytes with zeroes; a second call does nothing. */
  [Symbol.dispose](): void {
    this.#bytes.fill(0);
    this.#bytes = EMPTY;
    this.#disposed = true;
  }

  /** Always `[secret]`. */
  toString(): '[secret]' {
    return SHOWN;
  }

  /** Always `[secret]`. */
  toJSON(): '[secret]' {
    return SHOWN;
  }

  /** What `console.log` and `util.inspect` show: `[secret]`. */
  [Symbol.for('nodejs.util.inspect.custom')](): '[secret]' {
    return SHOWN;
  }

  #alive(): Buffer {
    if (this.#disposed) throw new Error('a secret was used after it was disposed');
    return this.#bytes;
  }
}

const EMPTY = Buffer.alloc(0);
