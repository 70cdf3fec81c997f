import { encodeExternal, parseExternal, type NamedKey } from '@trent/ciphertext';
import type { keystore } from '@trent/contracts';
import { canonicalise } from '@trent/encryption-context';
import { fail, trentError } from '@trent/errors';
import type { SecretBytes } from '@trent/secret-bytes';
import type { ConnectedStore } from '../backend.ts';
import { checkExternalKey } from './answers.ts';
import { exceptionOf, type XksPurpose } from './exceptions.ts';
import { checkExternalKeyId, type XksProxy } from './proxy.ts';
import type { XksCaller } from './requests.ts';

/**
 * A connected store of type EXTERNAL_KEY_STORE. What comes in to be encrypted is a ciphertext v1 already, what comes out decrypted is one: this
 * process never sees a plaintext.
 */
export class XksStore implements ConnectedStore {
  readonly #proxy: XksProxy;
  readonly #secret: SecretBytes;

  /** Takes over the proxy and the secret that it signs with. */
  constructor(proxy: XksProxy, secret: SecretBytes) {
    this.#proxy = proxy;
    this.#secret = secret;
  }

  /** The key is there already: it must be an enabled AES-256 key that encrypts and decrypts. */
  createKey({ objectId, metadata }: keystore.CreateKeyRequest): Promise<string> {
    return answering('createKey', async () => {
      // "not if the kmsOperation is CreateKey since the keyArn is created after KMS validates the external key" (XKS Proxy API, GetKeyMetadata).
      const { keyArn: _, ...caller } = callerOf(metadata);
      checkExternalKey(await this.#proxy.keyMetadata(checkExternalKeyId(objectId), caller));
      return objectId;
    });
  }

  /** The external key is its owner's; KMS forgets it and no more. */
  deleteKey(): Promise<void> {
    return Promise.resolve();
  }

  encrypt({ objectId, key, encryptionContext, plaintext, metadata }: keystore.EncryptRequest): Promise<Buffer> {
    return answering('use', async () => {
      const { region, keyId, materialId } = named(key);
      const aad = canonicalise(encryptionContext);
      const sealed = await this.#proxy.encrypt(checkExternalKeyId(objectId), callerOf(metadata), aad, plaintext);
      return encodeExternal({ region, keyId, materialId, ...sealed });
    });
  }

  decrypt({ objectId, key, encryptionContext, ciphertext, metadata }: keystore.DecryptRequest): Promise<Buffer> {
    return answering('use', () => {
      const { region, keyId, materialId, ...sealed } = parseExternal(ciphertext);
      if (!isSame(named(key), { region, keyId, materialId })) return fail('InvalidCiphertextException');
      return this.#proxy.decrypt(checkExternalKeyId(objectId), callerOf(metadata), canonicalise(encryptionContext), sealed);
    });
  }

  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html: external key stores have no generator. */
  random(): Promise<Buffer> {
    return Promise.reject(trentError('UnsupportedOperationException', 'GenerateRandom is not supported for external key stores.'));
  }

  close(): void {
    this.#proxy[Symbol.dispose]();
    this.#secret[Symbol.dispose]();
  }
}

async function answering<R>(purpose: XksPurpose, call: () => Promise<R>): Promise<R> {
  try {
    return await call();
  } catch (error) {
    throw exceptionOf(error, purpose);
  }
}

function callerOf(metadata: keystore.RequestMetadata | undefined): XksCaller {
  const { principalArn, keyArn, operation, requestId, viaService } = metadata ?? fail('KMSInternalException', '', { cause: 'nobody asks' });
  return {
    kmsOperation: operation,
    requestId,
    ...(principalArn === '' ? {} : { principalArn }),
    ...(keyArn === '' ? {} : { keyArn }),
    ...(viaService === '' ? {} : { viaService }),
  };
}

function isSame(asked: NamedKey, said: NamedKey): boolean {
  return asked.region === said.region && asked.keyId === said.keyId && asked.materialId === said.materialId;
}

function named(key: keystore.KeyName | undefined): keystore.KeyName {
  return key ?? fail('KMSInternalException', '', { cause: 'no key is named' });
}
