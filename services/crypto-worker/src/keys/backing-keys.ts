import { fail } from '@trent/errors';
import type { KeyClass, KeyTokenHeader } from '@trent/key-token';
import type { PermitKey } from '@trent/permit';
import { CKR, isPkcs11Error, plain, type ObjectHandle, type Session } from '@trent/pkcs11';
import { LRUCache } from 'lru-cache';
import type { OpenToken } from '../pool/open-token.ts';
import { MessageKeys } from './message-keys.ts';
import { BackingKeyTemplates } from './templates.ts';
import { checkPermitted, verifyToken, type VerifiedToken } from './verified-token.ts';

/** Real HSMs hold thousands of objects; a backing key and its message keys are a handful of them. */
const MAX_BACKING_KEYS = 4_000;

/** A backing key inside the token, with what its wrapped form said of it. */
export interface BackingKey {
  readonly header: KeyTokenHeader;
  /** The wrapped form that was verified: the same bytes need no second check. */
  readonly token: Buffer;
  readonly arn: string;
  readonly handle: ObjectHandle;
}

/** A backing key of class aes-derive, which never encrypts: its message keys do. */
export interface SymmetricKey extends BackingKey {
  readonly messageKeys: MessageKeys;
}

/** What stands behind a BackingKey: how many uses lean on the handle right now, so that it is not destroyed under them. */
interface Held extends BackingKey {
  readonly messageKeys: MessageKeys | undefined;
  users: number;
  dropped: boolean;
}

/**
 * Opens wrapped backing keys of every class and holds them by material, bounded in objects of the token. A token is believed only after its MAC
 * under the binding key, and used only for the key that the permit names.
 */
export class BackingKeys {
  readonly #open: OpenToken;
  readonly #templates: BackingKeyTemplates;
  readonly #held: LRUCache<string, Held>;
  readonly #loading = new Map<string, Promise<Held>>();
  readonly #now: () => number;

  /**
   * @param now epoch milliseconds, for the life of message keys
   * @param max keys held at once
   */
  constructor(open: OpenToken, now: () => number, max = MAX_BACKING_KEYS) {
    this.#open = open;
    this.#now = now;
    this.#templates = new BackingKeyTemplates(open.rootSet.record.profile);
    this.#held = new LRUCache({ max, dispose: (key) => this.#drop(key) });
  }

  /**
   * The key of class aes-derive that the permit names, loaded inline (60 µs) when it is not held.
   * @throws KMSInternalException for a token that does not fit, since no client sends tokens
   */
  open(token: Buffer, permitted: PermitKey): SymmetricKey {
    const key = this.openSecret(token, permitted, 'aes-derive');
    return (key as Held).messageKeys === undefined ? otherClass() : (key as SymmetricKey);
  }

  /** A secret key of one class, loaded inline. @throws KMSInternalException as `open` */
  openSecret(token: Buffer, permitted: PermitKey, keyClass: 'aes-derive' | 'hmac'): BackingKey {
    const held = this.heldOf(token, permitted);
    if (held !== undefined) return held.header.keyClass === keyClass ? held : otherClass();
    const verified = this.#verify(token, permitted, [keyClass]);
    const { session } = this.#open;
    return this.#admit(
      token,
      verified,
      this.#makingRoom(() => this.#unwrap(session, verified)),
    );
  }

  /** The key if it is in the token already: then a use may be quick enough for the event loop. */
  heldOf(token: Buffer, permitted: PermitKey): BackingKey | undefined {
    const held = this.#held.get(permitted.materialId);
    if (held?.token.equals(token) !== true) return undefined;
    checkPermitted(held, permitted);
    return held;
  }

  /**
   * Runs work with a private key, loaded on the session's pool side (up to 5 ms) when it is not held, and kept in the token until the work is done.
   * @param session of the slow lane, taken for this job
   * @throws KMSInternalException as `open`
   */
  async withPrivateKey<R>(session: Session, token: Buffer, permitted: PermitKey, work: (key: BackingKey) => Promise<R>): Promise<R> {
    const held = (this.heldOf(token, permitted) as Held | undefined) ?? (await this.#load(session, token, permitted));
    if (!isPrivate(held.header.keyClass)) otherClass();
    held.users++;
    try {
      return await work(held);
    } finally {
      held.users--;
      if (held.dropped) this.#destroyUnused(held);
    }
  }

  get size(): number {
    return this.#held.size;
  }

  /** One load a token, however many uses wait for it. The first user of a fresh key takes hold of it before anything can drop it. */
  #load(session: Session, token: Buffer, permitted: PermitKey): Promise<Held> {
    const verified = this.#verify(token, permitted, ['rsa', 'ec', 'edwards', 'post-quantum']);
    const name = token.toString('latin1', token.length - 32);
    const loading = this.#loading.get(name) ?? this.#loadOnce(session, token, verified, name);
    return loading;
  }

  #loadOnce(session: Session, token: Buffer, verified: VerifiedToken, name: string): Promise<Held> {
    const loading = this.#unwrapOnPool(session, verified)
      .then((handle) => this.#admit(token, verified, handle))
      .finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    return loading;
  }

  #verify(token: Buffer, permitted: PermitKey, classes: readonly KeyClass[]): VerifiedToken {
    const verified = verifyToken(this.#open, token);
    checkPermitted(verified, permitted);
    return classes.includes(verified.header.keyClass) ? verified : otherClass();
  }

  #admit(token: Buffer, { header, arn }: VerifiedToken, handle: ObjectHandle): Held {
    const { session } = this.#open;
    const messageKeys =
      header.keyClass === 'aes-derive' ? new MessageKeys({ session, backingKey: handle, header, now: this.#now }) : undefined;
    const key: Held = { header, token: Buffer.from(token), arn, handle, messageKeys, users: 0, dropped: false };
    this.#held.set(header.materialId, key);
    return key;
  }

  #unwrap(session: Session, { header, wrapped, rootSet }: VerifiedToken): ObjectHandle {
    return session.unwrapKey(plain(this.#open.dialect.kwp), rootSet.wrapping[header.keyClass], wrapped, this.#templates.of(header));
  }

  async #unwrapOnPool(session: Session, { header, wrapped, rootSet }: VerifiedToken): Promise<ObjectHandle> {
    const [kwp, template] = [plain(this.#open.dialect.kwp), this.#templates.of(header)];
    const unwrap = () => session.onPool.unwrapKey(kwp, rootSet.wrapping[header.keyClass], wrapped, template);
    try {
      return await unwrap();
    } catch (error) {
      this.#shrinkOrThrow(error);
      return unwrap();
    }
  }

  #makingRoom(unwrap: () => ObjectHandle): ObjectHandle {
    try {
      return unwrap();
    } catch (error) {
      this.#shrinkOrThrow(error);
      return unwrap();
    }
  }

  /** A token that is full gives up half of what it holds, once. */
  #shrinkOrThrow(error: unknown): void {
    if (!isPkcs11Error(error) || error.rv !== CKR.DEVICE_MEMORY) throw error;
    for (let i = Math.ceil(this.#held.size / 2); i > 0; i--) this.#held.pop();
  }

  #drop(key: Held): void {
    key.dropped = true;
    this.#destroyUnused(key);
  }

  #destroyUnused(key: Held): void {
    if (key.users > 0) return;
    key.messageKeys?.release();
    this.#open.session.destroyObject(key.handle);
  }
}

function isPrivate(keyClass: KeyClass): boolean {
  return keyClass !== 'aes-derive' && keyClass !== 'hmac' && keyClass !== 'system';
}

function otherClass(): never {
  return fail('KMSInternalException', '', { cause: 'a key token of another class than the operation uses' });
}
