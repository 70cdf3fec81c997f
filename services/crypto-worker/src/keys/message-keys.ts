import { encodeHeader, IV_BYTES, kdfInput, NONCE_BYTES, withIv } from '@trent/ciphertext';
import type { KeyTokenHeader } from '@trent/key-token';
import { CKK, CKO, compileTemplate, ecbEncryptData, type ObjectHandle, type Session } from '@trent/pkcs11';

/** NIST SP 800-38D §8.3 allows 2^32 invocations with random parts; a quarter of it, or a day, whichever is first. */
const MAX_MESSAGES = 2 ** 30;
const MAX_AGE_MS = 86_400_000;
/** Message keys of other lanes and days that one backing key keeps for decryption. */
const MAX_HELD = 8;
/** Nonces seen once: a scan over old ciphertexts passes through without pushing out what is used again and again. */
const MAX_SEEN = 64;

const derivedTemplate = compileTemplate({
  class: CKO.SECRET_KEY,
  keyType: CKK.AES,
  valueLength: 32,
  token: false,
  private: false,
  sensitive: true,
  extractable: false,
  encrypt: true,
  decrypt: true,
});

/** The lane's own message key: what it encrypts with until it is spent. */
interface Lane {
  readonly nonce: Buffer;
  readonly handle: ObjectHandle;
  readonly bornMs: number;
  readonly header: Buffer;
  messages: number;
}

/** What a ciphertext says of its key. */
export type KeyNames = Pick<KeyTokenHeader, 'region' | 'keyId' | 'materialId'>;

export interface MessageKeyDeps {
  readonly session: Session;
  readonly backingKey: ObjectHandle;
  readonly header: KeyNames;
  readonly now: () => number;
}

/**
 * AES-256-GCM keys derived inside the token from one backing key and a nonce. Encryption has a key of its own per process (the lane), so the
 * derivation is paid once a lane and not once a message; decryption derives by the nonce of the ciphertext.
 */
export class MessageKeys {
  readonly #deps: MessageKeyDeps;
  readonly #held = new Map<string, ObjectHandle>();
  readonly #seen = new Set<string>();
  #lane: Lane | undefined;

  constructor(deps: MessageKeyDeps) {
    this.#deps = deps;
  }

  /** The key, a fresh IV and the ciphertext's header for one encryption. */
  forEncryption(): { readonly handle: ObjectHandle; readonly iv: Buffer; readonly header: Buffer } {
    const lane = this.#usableLane();
    const iv = Buffer.alloc(IV_BYTES);
    // INVARIANT: the counter makes the IV unique for this key; the kernel's bits do so for a process that was cloned or restored from a snapshot
    // (OpenSSL's generator would not: its state lies in this process and would be cloned with it).
    iv.writeUInt32BE(lane.messages++, 0);
    this.#deps.session.kernelRandom(iv.subarray(4));
    return { handle: lane.handle, iv, header: withIv(lane.header, iv) };
  }

  /** Runs `use` with the key of a nonce. It is kept from its second use on. */
  forDecryption<R>(nonce: Buffer, use: (handle: ObjectHandle) => R): R {
    if (this.#lane?.nonce.equals(nonce) === true) return use(this.#lane.handle);
    const name = nonce.toString('latin1');
    const held = this.#held.get(name);
    if (held !== undefined) return use(held);
    const handle = this.#derive(nonce);
    if (this.#seen.delete(name)) {
      this.#hold(name, handle);
      return use(handle);
    }
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(name);
    try {
      return use(handle);
    } finally {
      this.#deps.session.destroyObject(handle);
    }
  }

  release(): void {
    for (const handle of this.#held.values()) this.#deps.session.destroyObject(handle);
    this.#held.clear();
    if (this.#lane !== undefined) this.#deps.session.destroyObject(this.#lane.handle);
    this.#lane = undefined;
  }

  #usableLane(): Lane {
    const lane = this.#lane;
    if (lane !== undefined && lane.messages < MAX_MESSAGES && this.#deps.now() - lane.bornMs < MAX_AGE_MS) return lane;
    if (lane !== undefined) this.#hold(lane.nonce.toString('latin1'), lane.handle);
    const nonce = Buffer.alloc(NONCE_BYTES);
    this.#deps.session.kernelRandom(nonce);
    const { region, keyId, materialId } = this.#deps.header;
    const header = encodeHeader({ version: 1, region, keyId, materialId, kdf: 1, nonce, iv: Buffer.alloc(IV_BYTES) });
    this.#lane = { nonce, handle: this.#derive(nonce), bornMs: this.#deps.now(), header, messages: 0 };
    return this.#lane;
  }

  #hold(name: string, handle: ObjectHandle): void {
    const oldest = this.#held.size >= MAX_HELD ? this.#held.entries().next().value : undefined;
    if (oldest !== undefined) {
      this.#held.delete(oldest[0]);
      this.#deps.session.destroyObject(oldest[1]);
    }
    this.#held.set(name, handle);
  }

  #derive(nonce: Buffer): ObjectHandle {
    return this.#deps.session.deriveKey(ecbEncryptData(kdfInput(nonce)), this.#deps.backingKey, derivedTemplate);
  }
}
