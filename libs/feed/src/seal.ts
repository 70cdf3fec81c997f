import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

const TAG_BYTES = 32;

/** Key of a feed's messages. A KeyObject: with plain bytes Node makes one for each message, 30 µs instead of 4. */
export type SealKey = KeyObject;

/** The key from the bytes that RenewResponse or feed_head hold. */
export function sealKeyOf(bytes: Uint8Array): SealKey {
  return createSecretKey(bytes);
}

/** What is sealed: part of the authenticated input, so that one kind of message never passes for the other. */
export type SealedKind = 'changes' | 'confirms';

/**
 * Tag ‖ body, tag = HMAC-SHA-256(key, label ‖ 0x00 ‖ kind ‖ 0x00 ‖ feed ‖ 0x00 ‖ body) (RFC 2104). Whoever controls NATS can hold a
 * message back or repeat it, which a feed survives, but not make one.
 */
export function seal(key: SealKey, kind: SealedKind, feed: string, body: Uint8Array): Buffer {
  return Buffer.concat([tagOf(key, kind, feed, body), body]);
}

/** The body of a sealed message; undefined when it was not sealed with this key for this feed and kind. */
export function unseal(key: SealKey, kind: SealedKind, feed: string, message: Uint8Array): Uint8Array | undefined {
  if (message.length < TAG_BYTES) return undefined;
  const body = message.subarray(TAG_BYTES);
  return timingSafeEqual(message.subarray(0, TAG_BYTES), tagOf(key, kind, feed, body)) ? body : undefined;
}

function tagOf(key: SealKey, kind: SealedKind, feed: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`trent/feed/v1\0${kind}\0${feed}\0`).update(body).digest();
}
