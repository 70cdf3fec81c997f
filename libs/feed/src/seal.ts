import { createHmac, timingSafeEqual } from 'node:crypto';

const TAG_BYTES = 32;

/** What is sealed: part of the authenticated input, so that one kind of message never passes for the other. */
export type SealedKind = 'changes' | 'confirms';

/**
 * Tag ‖ body, tag = HMAC-SHA-256(key, label ‖ 0x00 ‖ kind ‖ 0x00 ‖ feed ‖ 0x00 ‖ body) (RFC 2104). Whoever controls NATS can hold a
 * message back or repeat it, which a feed survives, but not make one.
 */
export function seal(key: Uint8Array, kind: SealedKind, feed: string, body: Uint8Array): Buffer {
  return Buffer.concat([tagOf(key, kind, feed, body), body]);
}

/** The body of a sealed message; undefined when it was not sealed with this key for this feed and kind. */
export function unseal(key: Uint8Array, kind: SealedKind, feed: string, message: Uint8Array): Uint8Array | undefined {
  if (message.length < TAG_BYTES) return undefined;
  const body = message.subarray(TAG_BYTES);
  return timingSafeEqual(message.subarray(0, TAG_BYTES), tagOf(key, kind, feed, body)) ? body : undefined;
}

function tagOf(key: Uint8Array, kind: SealedKind, feed: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`trent/feed/v1\0${kind}\0${feed}\0`).update(body).digest();
}
