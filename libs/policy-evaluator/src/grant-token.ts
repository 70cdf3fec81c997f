import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a grant token says. */
export interface GrantTokenBody {
  /** 64 hex digits. */
  readonly grantId: string;
  readonly keyArn: string;
}

/**
 * The token: version byte, then two texts and a nonce, each behind its tag and length as in a protobuf message, then HMAC-SHA-256 over all of it;
 * Base64. AWS says no more of its tokens than that they are opaque and not secret: they name a grant, and help nobody but its grantee.
 */
const VERSION = 1;
const GRANT_ID_TAG = 0x0a;
const KEY_ARN_TAG = 0x12;
const NONCE_TAG = 0x1a;
const NONCE_BYTES = 16;
const MAC_BYTES = 32;
/** One length byte each: ARNs of keys have at most 120 characters. */
const MAX_TEXT_BYTES = 127;
/** The model bounds a token to 8,192 characters; none of these is longer than this. */
const MAX_TOKEN_LENGTH = 400;

/**
 * @param key 32 bytes that all replicas of key-metadata and policy share
 * @param nonce 16 random bytes: every CreateGrant answers another token, also for the same grant
 */
export function makeGrantToken(key: Buffer, { grantId, keyArn }: GrantTokenBody, nonce: Buffer): string {
  const body = Buffer.concat([
    Buffer.from([VERSION]),
    field(GRANT_ID_TAG, Buffer.from(grantId)),
    field(KEY_ARN_TAG, Buffer.from(keyArn)),
    field(NONCE_TAG, nonce),
  ]);
  return Buffer.concat([body, macOf(key, body)]).toString('base64');
}

/** What the token says, or undefined for anything that `makeGrantToken` did not make with this key. */
export function readGrantToken(key: Buffer, token: string): GrantTokenBody | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const bytes = Buffer.from(token, 'base64');
  if (bytes.length <= MAC_BYTES || bytes.toString('base64') !== token) return undefined;
  const body = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(macOf(key, body), bytes.subarray(-MAC_BYTES))) return undefined;
  const grantId = fieldAt(body, 1, GRANT_ID_TAG);
  const keyArn = grantId && fieldAt(body, 3 + grantId.length, KEY_ARN_TAG);
  return body[0] === VERSION && keyArn !== undefined ? { grantId: grantId?.toString() ?? '', keyArn: keyArn.toString() } : undefined;
}

function macOf(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key).update('trent grant token').update(body).digest();
}

function field(tag: number, value: Buffer): Buffer {
  if (value.length > MAX_TEXT_BYTES || (tag === NONCE_TAG && value.length !== NONCE_BYTES))
    throw new RangeError('a part of a grant token is too long');
  return Buffer.concat([Buffer.from([tag, value.length]), value]);
}

function fieldAt(body: Buffer, at: number, tag: number): Buffer | undefined {
  const length = body[at + 1];
  return body[at] === tag && length !== undefined && at + 2 + length <= body.length ? body.subarray(at + 2, at + 2 + length) : undefined;
}
