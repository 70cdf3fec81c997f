import { createPublicKey, type KeyObject } from 'node:crypto';
import { fail } from '@trent/errors';
import type { PrivateKeyHeader } from '@trent/key-token';
import type { PermitKey } from '@trent/permit';
import { LRUCache } from 'lru-cache';
import type { OpenToken } from '../pool/open-token.ts';
import { checkPermitted, verifyToken } from './verified-token.ts';

/** Two or three kilobytes of memory each, nothing in the token. */
const MAX_PUBLIC_KEYS = 4_000;

/** The public half of a key, believed because it stands under the MAC of the key's token. */
export interface PublicKey {
  readonly header: PrivateKeyHeader;
  readonly token: Buffer;
  readonly arn: string;
  readonly keyObject: KeyObject;
}

/** Reads public halves from key tokens without unwrapping anything, and keeps the last of them. */
export class PublicKeys {
  readonly #open: OpenToken;
  readonly #held = new LRUCache<string, PublicKey>({ max: MAX_PUBLIC_KEYS });

  constructor(open: OpenToken) {
    this.#open = open;
  }

  /** @throws KMSInternalException for a token that is not ours, not of the permit's key, or tells no public key */
  open(token: Buffer, permitted: PermitKey): PublicKey {
    const held = this.#held.get(permitted.materialId);
    const key = held?.token.equals(token) === true ? held : this.#read(token);
    checkPermitted(key, permitted);
    return key;
  }

  #read(token: Buffer): PublicKey {
    const { header, arn } = verifyToken(this.#open, token);
    if (header.format !== 2) return fail('KMSInternalException', '', { cause: 'the token of a secret key has no public half' });
    // The header's buffers are views of a message; what is held must not keep that message alive.
    const publicKey = Buffer.from(header.publicKey);
    const keyObject = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    const key: PublicKey = { header: { ...header, publicKey }, token: Buffer.from(token), arn, keyObject };
    this.#held.set(header.materialId, key);
    return key;
  }
}
