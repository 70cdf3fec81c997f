import { BinaryReader as PlainReader, BinaryWriter as PlainWriter } from '@bufbuild/protobuf/wire';

/**
 * The reader and writer of the generated codecs. The wire rules are those of @bufbuild/protobuf; here texts go through Buffer's native UTF-8, and
 * messages are written into memory that is used again instead of an array that doubles from 64 bytes with each message (docs/performance.md).
 */

const SCRATCH_BYTES = 128 * 1024;
/** Longest text that is faster character by character than by a call into C++. */
const SHORT_TEXT = 24;

/** What the library's writer keeps to itself; its version is pinned and wire.property.spec.ts compares every message with the plain writer's. */
interface Innards {
  buffer: Uint8Array;
  pos: number;
}

/** The memory to write into next; a writer at work has taken it. */
let scratch: Buffer | undefined;

/** Writes one message. */
export class BinaryWriter extends PlainWriter {
  constructor() {
    super();
    innards(this).buffer = scratch ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    scratch = undefined;
  }

  /** The message in memory of its own; what was written here is wiped, since messages carry plaintexts. */
  override finish(): Buffer<ArrayBuffer> {
    const inside = innards(this);
    const { buffer, pos } = inside;
    const message = Buffer.allocUnsafeSlow(pos);
    message.set(buffer.subarray(0, pos));
    buffer.fill(0, 0, pos);
    if (Buffer.isBuffer(buffer)) scratch = buffer;
    inside.buffer = NOTHING;
    inside.pos = 0;
    return message;
  }

  override string(value: string): this {
    const inside = innards(this);
    const { buffer, pos } = inside;
    const { length } = value;
    // A UTF-16 code unit is at most three bytes, a prefix at most five. A buffer that had to grow is no Buffer any more.
    if (length <= SHORT_TEXT || !Buffer.isBuffer(buffer) || pos + length * 3 + 5 > buffer.length) return super.string(value);
    const guess = prefixBytes(length);
    const written = buffer.write(value, pos + guess, 'utf8');
    const prefix = prefixBytes(written);
    if (prefix !== guess) buffer.copyWithin(pos + prefix, pos + guess, pos + guess + written);
    this.uint32(written);
    inside.pos += written;
    return this;
  }
}

const NOTHING = new Uint8Array(0);

function innards(writer: BinaryWriter): Innards {
  return writer as unknown as Innards;
}

/** Bytes of a length as a varint, up to 256 MiB. */
function prefixBytes(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  return length < 0x200000 ? 3 : 4;
}

/** Reads one message. */
export class BinaryReader extends PlainReader {
  readonly #bytes: Buffer | undefined;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : undefined;
  }

  override string(strict?: boolean): string {
    if (this.#bytes === undefined || strict === true) return super.string(strict);
    const before = this.pos;
    const length = this.uint32();
    if (length <= SHORT_TEXT || this.pos + length > this.len) {
      this.pos = before;
      return super.string();
    }
    const start = this.pos;
    this.pos = start + length;
    return this.#bytes.toString('utf8', start, this.pos);
  }
}
