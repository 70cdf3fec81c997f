import { randomBytes } from 'node:crypto';
import type { keystore } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import { CKK, CKM, CKO, isPkcs11Error, plain, type ObjectHandle, type Template } from '@trent/pkcs11';
import { LRUCache } from 'lru-cache';
import { MessageKeys } from '../../keys/message-keys.ts';
import { openUnder, readCiphertext, sealUnder, type SealingKey } from '../../operations/envelope.ts';
import type { ConnectedStore } from '../backend.ts';
import type { TokenLogin } from './token-login.ts';

/** Keys whose message keys are held: real HSMs hold thousands of objects, and each key has a handful. */
const MAX_KEYS_IN_USE = 1_000;
const OBJECT_ID_BYTES = 16;
/** Names the token objects that are Trent's. */
const LABEL = 'trent/key';

/** A key as its user's token keeps it: it never leaves, and does nothing but derive message keys inside. */
function templateOf(objectId: Buffer, { region, keyId }: keystore.KeyName): Template {
  return {
    class: CKO.SECRET_KEY,
    keyType: CKK.AES,
    valueLength: 32,
    token: true,
    private: true,
    sensitive: true,
    extractable: false,
    derive: true,
    encrypt: false,
    decrypt: false,
    wrap: false,
    unwrap: false,
    id: objectId,
    label: `${LABEL}/${region}/${keyId}`,
  };
}

/** A connected store of type AWS_CLOUDHSM: its keys are objects of the user's token and nowhere else. */
export class HsmStore implements ConnectedStore {
  readonly #login: TokenLogin;
  readonly #release: () => void;
  readonly #onLost: (store: ConnectedStore) => void;
  readonly #inUse = new LRUCache<string, MessageKeys>({ max: MAX_KEYS_IN_USE, dispose: (messageKeys) => messageKeys.release() });
  /** Keys are made one at a time: a session carries one operation. */
  #lastMade: Promise<unknown> = Promise.resolve();

  constructor(login: TokenLogin, release: () => void, onLost: (store: ConnectedStore) => void) {
    this.#login = login;
    this.#release = release;
    this.#onLost = onLost;
  }

  createKey({ key }: keystore.CreateKeyRequest): Promise<string> {
    const objectId = randomBytes(OBJECT_ID_BYTES);
    const template = templateOf(objectId, named(key));
    const make = (): Promise<ObjectHandle> => this.#login.slowSession.onPool.generateKey(plain(CKM.AES_KEY_GEN), template);
    const made = this.#lastMade.then(make, make);
    this.#lastMade = made;
    return made.then(() => objectId.toString('hex')).catch((error: unknown) => this.#failed(error));
  }

  deleteKey(objectId: string): Promise<void> {
    this.#inUse.delete(objectId);
    const { session } = this.#login;
    return this.#onToken(() => this.#find(objectId).forEach((handle) => session.destroyObject(handle)));
  }

  encrypt({ objectId, key, encryptionContext, plaintext }: keystore.EncryptRequest): Promise<Buffer> {
    return this.#onToken(() => sealUnder(this.#login.session, this.#keyOf(objectId, named(key)), encryptionContext, plaintext));
  }

  decrypt({ objectId, key, encryptionContext, ciphertext }: keystore.DecryptRequest): Promise<Buffer> {
    const parsed = readCiphertext(ciphertext);
    return this.#onToken(() => openUnder(this.#login.session, this.#keyOf(objectId, named(key)), encryptionContext, parsed));
  }

  random(numberOfBytes: number): Promise<Buffer> {
    return this.#onToken(() => {
      const random = Buffer.alloc(numberOfBytes);
      this.#login.session.randomFill(random);
      return random;
    });
  }

  close(): void {
    try {
      this.#inUse.clear();
    } catch (error) {
      // The objects went with the token.
      if (!isPkcs11Error(error)) throw error;
    }
    this.#release();
  }

  #keyOf(objectId: string, { region, keyId, materialId }: keystore.KeyName): SealingKey {
    const header = { region, keyId, materialId };
    const held = this.#inUse.get(objectId);
    if (held !== undefined) return { header, messageKeys: held };
    const [handle] = this.#find(objectId);
    if (handle === undefined) return fail('KMSInvalidStateException', 'The key is not in its custom key store.');
    const messageKeys = new MessageKeys({ session: this.#login.session, backingKey: handle, header, now: Date.now });
    this.#inUse.set(objectId, messageKeys);
    return { header, messageKeys };
  }

  #find(objectId: string): readonly ObjectHandle[] {
    return this.#login.session.findObjects({ class: CKO.SECRET_KEY, token: true, id: Buffer.from(objectId, 'hex') });
  }

  #onToken<R>(deed: () => R): Promise<R> {
    return new Promise<R>((resolve) => resolve(deed())).catch((error: unknown) => this.#failed(error));
  }

  /** Before the token is blamed a known-good operation is tried: a wrong tag is told in many ways, some of which look like a token that fails. */
  #failed(error: unknown): never {
    const isOfToken = isPkcs11Error(error) || (isTrentError(error) && isPkcs11Error(error.cause));
    if (!isOfToken || this.#login.isAlive()) throw error;
    this.#onLost(this);
    return fail('CustomKeyStoreNotFoundException', undefined, { cause: error });
  }
}

function named(key: keystore.KeyName | undefined): keystore.KeyName {
  return key ?? fail('KMSInternalException', '', { cause: 'no key is named' });
}
