import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { fail } from '@trent/errors';
import { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import type { Session } from './session.ts';

/**
 * A session token, Base64 of: version (1 byte), generation of the cluster's session key (4), nonce (12), sealed session (deflated JSON), tag (16).
 * AES-256-GCM, the head authenticated with it. The access key id stands inside, so that a token goes with its own key pair alone; the secret
 * access key is derived from nonce and access key id, so that whoever can open the token can verify signatures, and nothing is stored.
 */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 5 + NONCE_BYTES;
/** 30 bytes are the 40 characters of Base64 that every client expects of a secret access key. */
const SECRET_BYTES = 30;
/** A sealed session that inflates beyond this was not made here. */
const MAX_SESSION_BYTES = 128 * 1024;
/** Longest token: header fields of 16 kB are refused before. */
export const MAX_TOKEN_CHARACTERS = 12_288;

/** AWS's text for a token that is none, was altered, or goes with another access key. */
export const INVALID_TOKEN = 'The security token included in the request is invalid.';

/** The keys of a generation, derived of its root. */
export interface SessionKey {
  readonly generation: number;
  readonly seal: SecretBytes;
  readonly secret: SecretBytes;
  /** Seals encoded authorization messages. */
  readonly message: SecretBytes;
}

/** Derives the keys of a generation (RFC 5869); the root can be forgotten. */
export function sessionKeyOf(generation: number, root: Uint8Array): SessionKey {
  const derive = (label: string): SecretBytes =>
    SecretBytes.take(Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `trent/session/${label}/v1`, 32)));
  return { generation, seal: derive('seal'), secret: derive('secret'), message: derive('authorization-message') };
}

/** Temporary credentials as their owner gets to see them. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** @param nonce 12 random bytes */
export function sealSession(key: SessionKey, accessKeyId: string, session: Session, nonce: Buffer): TemporaryCredentials {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = VERSION;
  head.writeUInt32BE(key.generation, 1);
  nonce.copy(head, 5);
  const cipher = createCipheriv('aes-256-gcm', reveal(key.seal), nonce);
  cipher.setAAD(head);
  const sealed = cipher.update(deflateRawSync(JSON.stringify({ accessKeyId, ...session }), { level: 9 }));
  const token = Buffer.concat([head, sealed, cipher.final(), cipher.getAuthTag()]).toString('base64');
  const secret = secretOf(key, accessKeyId, nonce);
  const secretAccessKey = reveal(secret).toString();
  secret[Symbol.dispose]();
  return { accessKeyId, secretAccessKey, sessionToken: token };
}

/** A token taken apart but not yet believed. */
export interface TokenParts {
  readonly generation: number;
  readonly bytes: Buffer;
}

/** @throws UnrecognizedClientException for what cannot be a token */
export function readToken(token: string): TokenParts {
  if (token.length > MAX_TOKEN_CHARACTERS) return fail('UnrecognizedClientException', INVALID_TOKEN);
  const bytes = Buffer.from(token, 'base64');
  // One spelling a token: what is cached by its text cannot be multiplied by decorations that Base64 overlooks.
  if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== VERSION || bytes.toString('base64') !== token)
    return fail('UnrecognizedClientException', INVALID_TOKEN);
  return { generation: bytes.readUInt32BE(1), bytes };
}

/** What a token that was opened says. */
export interface OpenedToken {
  readonly accessKeyId: string;
  readonly session: Session;
  /** The secret access key, as its text's bytes. */
  readonly secret: SecretBytes;
}

/**
 * Opens a token. Its end is not judged here.
 * @throws UnrecognizedClientException when it was altered
 */
export function openSession(key: SessionKey, { bytes }: TokenParts): OpenedToken {
  const head = bytes.subarray(0, HEAD_BYTES);
  const nonce = head.subarray(5);
  const decipher = createDecipheriv('aes-256-gcm', reveal(key.seal), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(head);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const packed = Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
    // What the tag vouches for was written by this very module.
    const session = JSON.parse(inflateRawSync(packed, { maxOutputLength: MAX_SESSION_BYTES }).toString()) as Session & OpenedToken;
    return { accessKeyId: session.accessKeyId, session, secret: secretOf(key, session.accessKeyId, nonce) };
  } catch (cause) {
    return fail('UnrecognizedClientException', INVALID_TOKEN, { cause });
  }
}

/** The secret access key as its bytes of text. */
function secretOf(key: SessionKey, accessKeyId: string, nonce: Buffer): SecretBytes {
  const tag = createHmac('sha256', reveal(key.secret)).update(nonce).update(accessKeyId).digest();
  const secret = SecretBytes.take(Buffer.from(tag.toString('base64', 0, SECRET_BYTES)));
  tag.fill(0);
  return secret;
}
