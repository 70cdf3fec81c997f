import type { EventId, RequestId } from './brand.ts';
import { hexOfByte, isUuid } from './characters.ts';

/**
 * Gives `length` random bytes that nobody else has or will get; the view may point into a pool and is good until the next call.
 * A pool is fine here: these ids name things, they are no secrets.
 */
export type RandomBytes = (length: number) => Uint8Array;

/** A fresh request id: UUID version 4 (RFC 9562 §5.4). */
export function newRequestId(random: RandomBytes): RequestId {
  return uuidVersion4(random(16), 0) as RequestId;
}

/** A fresh id of an audit record: UUID version 4 (RFC 9562 §5.4). */
export function newEventId(random: RandomBytes): EventId {
  return uuidVersion4(random(16), 0) as EventId;
}

/** A UUID in lower case, or undefined. */
export function parseRequestId(text: string): RequestId | undefined {
  return isUuid(text) ? (text as RequestId) : undefined;
}

/**
 * Random bytes from a pool that `fill` refills: a system call every `poolBytes` instead of one an id. For ids, not for keys.
 * @param fill overwrites a buffer with random bytes, as `crypto.randomFillSync` does
 */
export function pooledRandom(fill: (target: Uint8Array) => void, poolBytes = 4096): RandomBytes {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  return (length) => {
    if (length > poolBytes) throw new RangeError('more random bytes asked for than the pool holds');
    if (used + length > poolBytes) {
      fill(pool);
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  };
}

/** Sixteen bytes at `offset` as a UUID, bits unchanged. */
export function uuidOf(bytes: Uint8Array, offset: number): string {
  return joinUuid(bytes, offset, byteAt(bytes, offset + 6), byteAt(bytes, offset + 8));
}

/** Sixteen random bytes at `offset` as a UUID, with version 4 and variant 10 set (RFC 9562 §5.4). */
export function uuidVersion4(bytes: Uint8Array, offset: number): string {
  return joinUuid(bytes, offset, (byteAt(bytes, offset + 6) & 0x0f) | 0x40, (byteAt(bytes, offset + 8) & 0x3f) | 0x80);
}

function joinUuid(b: Uint8Array, o: number, byte6: number, byte8: number): string {
  const h = (index: number): string => hexOfByte[byteAt(b, o + index)] as string;
  return (
    `${h(0)}${h(1)}${h(2)}${h(3)}-${h(4)}${h(5)}-${hexOfByte[byte6] as string}${h(7)}-` +
    `${hexOfByte[byte8] as string}${h(9)}-${h(10)}${h(11)}${h(12)}${h(13)}${h(14)}${h(15)}`
  );
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}
