import type { MethodDefinition } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import type { StoreKeyHeader } from '@trent/key-token';
import type { PermitKey, VerifiedPermit } from '@trent/permit';
import { exceptionFor } from '../key-store/xks/exceptions.ts';
import type { BackingKeys } from '../keys/backing-keys.ts';
import { checkPermitted, verifyToken, type VerifiedToken } from '../keys/verified-token.ts';
import { openUnder, readCiphertext, sealUnder } from '../operations/envelope.ts';
import type { OpenToken } from '../pool/open-token.ts';
import type { StoreLink } from './store-link.ts';

/** A key of a custom key store in one permitted use. */
export interface StoreKeyUse {
  readonly permit: VerifiedPermit;
  readonly permitted: PermitKey;
  readonly token: Buffer;
  /** performance.now() milliseconds */
  readonly deadline: number;
}

export interface StoreKeysDeps {
  readonly token: OpenToken;
  readonly backingKeys: BackingKeys;
  readonly link: StoreLink;
}

interface NamedKey {
  readonly arn: string;
  readonly header: StoreKeyHeader;
}

/** A ciphertext or plaintext and the key that made it. */
export interface StoreResult {
  readonly arn: string;
  readonly materialId: string;
  readonly bytes: Buffer;
}

/**
 * Uses of keys that live in custom key stores. A key of type AWS_CLOUDHSM is used in its store alone. One of an external key store has a second
 * half here: what leaves for the proxy is encrypted under it already, so neither side alone can decrypt ("double encryption", developer guide,
 * "External key stores").
 */
export class StoreKeys {
  readonly #deps: StoreKeysDeps;

  constructor(deps: StoreKeysDeps) {
    this.#deps = deps;
  }

  /** @returns a whole ciphertext @throws KMSInvalidStateException when the store is not connected, or cannot do it */
  async seal(use: StoreKeyUse, context: Map<string, string>, plaintext: Uint8Array): Promise<StoreResult> {
    const key = this.#verify(use);
    const inner = isExternal(key.header) ? this.#sealHere(use, context, plaintext) : Buffer.from(plaintext);
    try {
      const request = { ...requestOf(use, key, context), plaintext: inner };
      const { ciphertext } = await this.#call(use, key, keystore.StoreKeyServiceService.encrypt, request);
      return { arn: key.arn, materialId: key.header.materialId, bytes: ciphertext };
    } finally {
      inner.fill(0);
    }
  }

  /** @returns the plaintext, which whoever gets it wipes @throws InvalidCiphertextException; KMSInvalidStateException as `seal` */
  async open(use: StoreKeyUse, context: Map<string, string>, ciphertext: Buffer): Promise<StoreResult> {
    const key = this.#verify(use);
    const request = { ...requestOf(use, key, context), ciphertext };
    const { plaintext: opened } = await this.#call(use, key, keystore.StoreKeyServiceService.decrypt, request);
    const bytes = isExternal(key.header) ? this.#openHere(use, context, opened) : opened;
    return { arn: key.arn, materialId: key.header.materialId, bytes };
  }

  /** Random bytes from a store's own generator. @throws CustomKeyStoreInvalidStateException; UnsupportedOperationException */
  async random(storeId: string, numberOfBytes: number, deadline: number): Promise<Buffer> {
    const method = keystore.StoreKeyServiceService.generateRandom;
    const call = { storeId, deadline, repeat: 'safe' as const };
    const { random } = await this.#deps.link
      .call(method, { storeId, numberOfBytes }, call)
      .catch((error: unknown) => refuseUnheld(error, () => fail('CustomKeyStoreInvalidStateException')));
    return random;
  }

  #sealHere({ token, permitted }: StoreKeyUse, context: Map<string, string>, plaintext: Uint8Array): Buffer {
    return sealUnder(this.#deps.token.session, this.#deps.backingKeys.open(token, permitted), context, plaintext);
  }

  /** What the proxy gave back must be what it was given: if it does not open, the store is at fault, not the caller's ciphertext. */
  #openHere({ token, permitted }: StoreKeyUse, context: Map<string, string>, inner: Buffer): Buffer {
    const key = this.#deps.backingKeys.open(token, permitted);
    try {
      return openUnder(this.#deps.token.session, key, context, readCiphertext(inner));
    } catch (error) {
      if (!isTrentError(error) || error.code !== 'InvalidCiphertextException') throw error;
      throw exceptionFor('CorruptCiphertext', 'use', '', error);
    }
  }

  #verify({ token, permitted }: StoreKeyUse): NamedKey {
    const verified: VerifiedToken = verifyToken(this.#deps.token, token);
    checkPermitted(verified, permitted);
    const { header, arn } = verified;
    return header.format === 3 ? { header, arn } : fail('KMSInternalException', '', { cause: 'a token of a key in no store' });
  }

  #call<Request, Response>(
    { deadline }: StoreKeyUse,
    key: NamedKey,
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.#deps.link
      .call(method, request, { storeId: key.header.storeId, deadline, repeat: 'safe' })
      .catch((error: unknown) => refuseUnheld(error, () => refuseUse(key)));
  }
}

/** The store is not connected (XKS Proxy API, "Error codes", last row). */
function refuseUse({ arn, header }: NamedKey): never {
  if (isExternal(header)) throw exceptionFor('NotConnected', 'use');
  return fail('KMSInvalidStateException', `${arn} is unavailable.`);
}

function isExternal({ origin }: StoreKeyHeader): boolean {
  return origin === 'EXTERNAL_KEY_STORE';
}

function requestOf({ permit }: StoreKeyUse, { arn, header }: NamedKey, encryptionContext: Map<string, string>) {
  const { storeId, objectId, region, accountId, keyId, materialId } = header;
  const metadata = {
    principalArn: permit.principal,
    keyArn: arn,
    operation: permit.operation.slice(permit.operation.indexOf('.') + 1),
    requestId: permit.id,
    viaService: '',
  };
  return { storeId, objectId, key: { region, accountId, keyId, materialId }, encryptionContext, metadata };
}

/** That no process holds the store means that it is not connected. */
export function refuseUnheld(error: unknown, refuse: () => never): never {
  if (isTrentError(error) && error.code === 'CustomKeyStoreNotFoundException') refuse();
  throw error;
}
