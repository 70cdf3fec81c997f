import { timingSafeEqual } from 'node:crypto';
import { fail } from '@trent/errors';
import { keyArn, type AccountId, type KeyId, type RegionName } from '@trent/identifiers';
import { parseToken, type KeyTokenHeader } from '@trent/key-token';
import type { PermitKey } from '@trent/permit';
import {
  CKM,
  CKR,
  compileTemplate,
  isPkcs11Error,
  pinnedTemplate,
  plain,
  type CompiledTemplate,
  type ObjectHandle,
  type RootSet,
} from '@trent/pkcs11';
import { LRUCache } from 'lru-cache';
import { rootSetFor, type OpenToken } from '../pool/open-token.ts';
import { MessageKeys } from './message-keys.ts';

/** Real HSMs hold thousands of objects; a backing key and its message keys are a handful of them. */
const MAX_BACKING_KEYS = 4_000;
const MAC_BYTES = 32;

/** A backing key inside the token, with what its wrapped form said of it. */
export interface BackingKey {
  readonly header: KeyTokenHeader;
  /** The wrapped form that was verified: the same bytes need no second check. */
  readonly token: Buffer;
  readonly arn: string;
  readonly handle: ObjectHandle;
  readonly messageKeys: MessageKeys;
}

/**
 * Opens wrapped backing keys and holds them by material, bounded in objects of the token. A token is believed only after its MAC under the binding
 * key, and used only for the key that the permit names: a row swapped in the database opens nothing.
 */
export class BackingKeys {
  readonly #open: OpenToken;
  readonly #template: CompiledTemplate;
  readonly #held: LRUCache<string, BackingKey>;
  readonly #mac = Buffer.alloc(MAC_BYTES);
  readonly #now: () => number;

  /** @param now epoch milliseconds, for the life of message keys */
  constructor(open: OpenToken, now: () => number) {
    this.#open = open;
    this.#now = now;
    this.#template = compileTemplate({ ...pinnedTemplate('aes-derive', open.rootSet.record.profile), private: false });
    this.#held = new LRUCache({ max: MAX_BACKING_KEYS, dispose: (key) => this.#release(key) });
  }

  /**
   * The backing key of a token for a use that the permit names.
   * @throws InvalidCiphertextException-free: a token that does not fit is KMSInternalException, since no client sends tokens
   */
  open(token: Buffer, permitted: PermitKey): BackingKey {
    const held = this.#held.get(permitted.materialId);
    const key = held?.token.equals(token) === true ? held : this.#admit(token);
    if (key.arn !== permitted.keyArn || key.header.materialId !== permitted.materialId) {
      fail('KMSInternalException', '', { cause: 'the token is not of the key that the permit names' });
    }
    return key;
  }

  get size(): number {
    return this.#held.size;
  }

  /** @throws KMSInternalException when the token is not ours, of another region, group or class */
  #admit(bytes: Buffer): BackingKey {
    const { header, authenticated, wrapped, mac } = parseToken(bytes);
    const { session } = this.#open;
    const rootSet = rootSetFor(this.#open, header.keyId);
    session.signHmac(CKM.SHA256_HMAC, rootSet.binding, authenticated, this.#mac);
    if (mac.length !== MAC_BYTES || !timingSafeEqual(this.#mac, mac))
      fail('KMSInternalException', '', { cause: 'wrong MAC of a key token' });
    const { region, rootVersion } = rootSet.record;
    if (header.region !== region || header.rootVersion !== rootVersion || header.keyClass !== 'aes-derive') {
      fail('KMSInternalException', '', { cause: 'a key token of another region or group, root version or class' });
    }
    const handle = this.#unwrap(rootSet, wrapped);
    // A multi-Region key's token names the group; its ARN here is of the region that serves it.
    const arn = keyArn(this.#open.rootSet.record.region as RegionName, header.accountId as AccountId, header.keyId as KeyId);
    const key: BackingKey = {
      header,
      token: Buffer.from(bytes),
      arn,
      handle,
      messageKeys: new MessageKeys({ session, backingKey: handle, header, now: this.#now }),
    };
    this.#held.set(header.materialId, key);
    return key;
  }

  /** A token that is full gives up half of what it holds, once. */
  #unwrap(rootSet: RootSet, wrapped: Buffer): ObjectHandle {
    const { session, dialect } = this.#open;
    const unwrap = () => session.unwrapKey(plain(dialect.kwp), rootSet.wrapping['aes-derive'], wrapped, this.#template);
    try {
      return unwrap();
    } catch (error) {
      if (!isPkcs11Error(error) || error.rv !== CKR.DEVICE_MEMORY) throw error;
      for (let i = Math.ceil(this.#held.size / 2); i > 0; i--) this.#held.pop();
      return unwrap();
    }
  }

  #release(key: BackingKey): void {
    key.messageKeys.release();
    this.#open.session.destroyObject(key.handle);
  }
}
