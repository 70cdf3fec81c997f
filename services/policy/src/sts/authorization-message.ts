import { createCipheriv, createDecipheriv } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { fail } from '@trent/errors';
import { reveal } from '@trent/secret-bytes/reveal';
import type { SessionKey } from './session-token.ts';

/**
 * An encoded authorization message, Base64url of: version (1 byte), generation of the session key (4), nonce (12), sealed text (deflated), tag
 * (16). AES-256-GCM under a key of its own, the head authenticated with it. The account it was made for is sealed with the text.
 */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 5 + NONCE_BYTES;
/** AWS STS model, encodedMessageType. */
export const MAX_MESSAGE_CHARACTERS = 10_240;
/** A text that inflates beyond this was not made here. */
const MAX_TEXT_BYTES = 256 * 1024;

interface Sealed {
  readonly account: string;
  readonly text: string;
}

/** @param nonce 12 random bytes */
export function sealMessage(key: SessionKey, account: string, text: string, nonce: Buffer): string {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = VERSION;
  head.writeUInt32BE(key.generation, 1);
  nonce.copy(head, 5);
  const cipher = createCipheriv('aes-256-gcm', reveal(key.message), nonce);
  cipher.setAAD(head);
  const sealed = cipher.update(deflateRawSync(JSON.stringify({ account, text } satisfies Sealed), { level: 1 }));
  return Buffer.concat([head, sealed, cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** The generation of the key that a message was sealed with. @throws InvalidAuthorizationMessageException for what cannot be a message */
export function generationOf(message: string): number {
  const bytes = Buffer.from(message, 'base64url');
  if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== VERSION || bytes.toString('base64url') !== message) return invalid();
  return bytes.readUInt32BE(1);
}

/**
 * Opens a message.
 * @param account of the one who asks: a message is its own account's to read
 * @throws InvalidAuthorizationMessageException when it was altered, or is another account's
 */
export function openMessage(key: SessionKey, account: string, message: string): string {
  const bytes = Buffer.from(message, 'base64url');
  const head = bytes.subarray(0, HEAD_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', reveal(key.message), head.subarray(5), { authTagLength: TAG_BYTES });
  decipher.setAAD(head);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  let opened: Sealed;
  try {
    const packed = Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
    opened = JSON.parse(inflateRawSync(packed, { maxOutputLength: MAX_TEXT_BYTES }).toString()) as Sealed;
  } catch (cause) {
    return invalid(cause);
  }
  return opened.account === account ? opened.text : invalid();
}

/** AWS's text. */
export function invalid(cause?: unknown): never {
  return fail('InvalidAuthorizationMessageException', 'Message is not valid', cause === undefined ? {} : { cause });
}
