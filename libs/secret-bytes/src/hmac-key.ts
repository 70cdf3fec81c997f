import { createHash, hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const TAG_BYTES = 32;
/** Longest message that is hashed from the scratch; permits and strings to sign are a few hundred bytes. */
const SCRATCH_BYTES = 4096;

/**
 * A key of HMAC-SHA-256 (RFC 2104), made ready: its two padded blocks are kept, and a tag is two one-shot hashes. `createHmac` makes an object
 * with a finaliser for each tag, which took twice the time in a loop and more in a service (docs/performance.md).
 */
export class HmacKey {
  readonly #inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  /** The outer block, and room for the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + TAG_BYTES, 0x5c);

  constructor(key: Uint8Array) {
    const block = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    for (const [at, byte] of block.entries()) {
      this.#inner[at] = 0x36 ^ byte;
      this.#outer[at] = 0x5c ^ byte;
    }
  }

  /** The key itself, or what is made of its bytes. */
  static of(key: Uint8Array | HmacKey): HmacKey {
    return key instanceof HmacKey ? key : new HmacKey(key);
  }

  /** The tag as 32 characters of Latin-1, one a byte: text is what leaves OpenSSL without an object of its own. */
  tag(message: Uint8Array | string): string {
    const inner = this.#innerHash(typeof message === 'string' && message.length > SCRATCH_BYTES / 3 ? Buffer.from(message) : message);
    this.#outer.write(inner, BLOCK_BYTES, 'latin1');
    return hash('sha256', this.#outer, 'binary');
  }

  #innerHash(message: Uint8Array | string): string {
    if (message.length > SCRATCH_BYTES) return createHash('sha256').update(this.#inner).update(message).digest('binary');
    scratch.set(this.#inner);
    let end = BLOCK_BYTES;
    if (typeof message === 'string') end += scratch.write(message, BLOCK_BYTES);
    else {
      scratch.set(message, BLOCK_BYTES);
      end += message.length;
    }
    return hash('sha256', scratch.subarray(0, end), 'binary');
  }
}

/** Nothing waits between writing and hashing, so one is enough. */
const scratch = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
