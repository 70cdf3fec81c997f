import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CKK, CKM, CKO, CKU, openModule, plain, type ObjectHandle, type Session } from '@trent/pkcs11';
import { ProxyError } from './proxy-error.ts';
import type { ExternalKeySettings, ProxySettings } from './settings.ts';

const TAG_BYTES = 16;

/** AES-GCM output with all that decryption needs. */
export interface Sealed {
  readonly ciphertext: Buffer;
  readonly metadata: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
}

/** The external key manager: AES-256 keys in a PKCS#11 token, which they never leave. */
export class KeyManager {
  readonly #session: Session;
  readonly #keys = new Map<string, { readonly settings: ExternalKeySettings; readonly handle: ObjectHandle }>();

  constructor({ module: path, tokenLabel, pinFile }: ProxySettings) {
    const module = openModule({ path });
    const token = module.findToken(tokenLabel);
    if (token === undefined) throw new Error(`no token ${tokenLabel}`);
    this.#session = module.openSession(token.slot, { readWrite: true });
    this.#session.login(CKU.USER, Buffer.from(readFileSync(pinFile, 'utf8').trim()));
  }

  /** Makes a key, or changes what is told of one that is there. */
  put(settings: ExternalKeySettings): void {
    const handle = this.#keys.get(settings.id)?.handle ?? this.#find(settings.id) ?? this.#make(settings.id);
    this.#keys.set(settings.id, { settings, handle });
  }

  /** Forgets a key; its object is destroyed. */
  remove(id: string): void {
    const key = this.#keys.get(id);
    if (key !== undefined) this.#session.destroyObject(key.handle);
    this.#keys.delete(id);
  }

  settingsOf(id: string): ExternalKeySettings {
    return this.#key(id).settings;
  }

  /** Encrypts, and decrypts again before it believes itself (XKS Proxy API, Appendix C). */
  encrypt(id: string, aad: Buffer, plaintext: Buffer): Sealed {
    const { settings, handle } = this.#key(id, 'ENCRYPT');
    const iv = Buffer.alloc(settings.ivBytes ?? 12);
    this.#session.randomFill(iv);
    const metadata = Buffer.from(settings.metadata ?? '');
    const out = Buffer.alloc(plaintext.length + TAG_BYTES);
    const length = this.#session.encryptGcm(handle, iv, fullAad(aad, metadata), plaintext, out);
    const sealed = { ciphertext: out.subarray(0, length - TAG_BYTES), tag: out.subarray(length - TAG_BYTES, length), iv, metadata };
    if (!this.#open(handle, aad, sealed).equals(plaintext)) throw new ProxyError('InternalException', 'the key manager contradicts itself');
    return sealed;
  }

  decrypt(id: string, aad: Buffer, sealed: Sealed): Buffer {
    return this.#open(this.#key(id, 'DECRYPT').handle, aad, sealed);
  }

  #open(handle: ObjectHandle, aad: Buffer, { ciphertext, tag, iv, metadata }: Sealed): Buffer {
    const out = Buffer.alloc(ciphertext.length + tag.length);
    try {
      return out.subarray(0, this.#session.decryptGcm(handle, iv, fullAad(aad, metadata), Buffer.concat([ciphertext, tag]), out));
    } catch {
      throw new ProxyError('InvalidCiphertextException', 'The ciphertext, its IV, additional data or tag is corrupted.');
    }
  }

  #key(id: string, usage?: 'ENCRYPT' | 'DECRYPT') {
    const key = this.#keys.get(id);
    if (key === undefined) throw new ProxyError('KeyNotFoundException', 'The external key is not found.');
    if (usage === undefined) return key;
    const { keyStatus = 'ENABLED', keyUsage } = key.settings;
    if (keyStatus !== 'ENABLED') throw new ProxyError('InvalidStateException', 'The external key is not enabled.');
    if (keyUsage?.includes(usage) === false) throw new ProxyError('InvalidKeyUsageException', 'The external key does not support this.');
    return key;
  }

  #find(id: string): ObjectHandle | undefined {
    return this.#session.findObjects({ class: CKO.SECRET_KEY, label: id })[0];
  }

  #make(id: string): ObjectHandle {
    return this.#session.generateKey(plain(CKM.AES_KEY_GEN), {
      class: CKO.SECRET_KEY,
      keyType: CKK.AES,
      valueLength: 32,
      label: id,
      token: true,
      private: true,
      sensitive: true,
      extractable: false,
      encrypt: true,
      decrypt: true,
    });
  }
}

/** With metadata: 2 bytes of length ‖ additional data ‖ 1 byte of length ‖ metadata (XKS Proxy API, Encrypt). */
function fullAad(aad: Buffer, metadata: Buffer): Buffer {
  if (metadata.length === 0) return aad;
  const lengths = Buffer.alloc(3);
  lengths.writeUInt16BE(aad.length, 0);
  lengths.writeUInt8(metadata.length, 2);
  return Buffer.concat([lengths.subarray(0, 2), aad, lengths.subarray(2), metadata]);
}

/** ciphertextDataIntegrityValue (XKS Proxy API, Appendix C). */
export function integrityOf(aad: Buffer, { metadata, iv, ciphertext, tag }: Sealed): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([aad, metadata, iv, ciphertext, tag]))
    .digest();
}
