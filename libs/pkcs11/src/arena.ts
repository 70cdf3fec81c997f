/**
 * Lays out C structures in one flat buffer with the places of their pointers beside it, so that a template or a
 * mechanism crosses into the addon as bytes (native/arena.c gives the format). 64-bit little-endian Unix only.
 */
export class Arena {
  readonly #parts: Buffer[] = [];
  readonly #relocations: { at: number; target: number }[] = [];
  #size = 0;

  /** Reserves zeroed bytes, aligned to 8. Returns their offset. */
  reserve(size: number): { offset: number; bytes: Buffer } {
    const offset = this.#size;
    const bytes = Buffer.alloc((size + 7) & ~7);
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return { offset, bytes };
  }

  /** Appends a copy of the bytes, aligned to 8. Returns their offset. */
  append(value: Uint8Array): number {
    const { offset, bytes } = this.reserve(value.length);
    bytes.set(value);
    return offset;
  }

  /** Makes the eight bytes at `at` a pointer to `target`. */
  point(at: number, target: number): void {
    this.#relocations.push({ at, target });
  }

  /** The finished buffer; `count` is the number of structures at its start. */
  finish(count: number): Buffer {
    const head = Buffer.alloc(8 + this.#relocations.length * 8);
    head.writeUInt32LE(this.#relocations.length, 0);
    head.writeUInt32LE(count, 4);
    this.#relocations.forEach(({ at, target }, index) => {
      head.writeUInt32LE(at, 8 + index * 8);
      head.writeUInt32LE(target, 12 + index * 8);
    });
    const finished = Buffer.concat([head, ...this.#parts]);
    for (const part of this.#parts) part.fill(0);
    return finished;
  }
}

/** A CK_ULONG as the addon's platform stores it. */
export function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Writes a CK_ULONG in place. */
export function putUlong(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value >>> 0, offset);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), offset + 4);
}
