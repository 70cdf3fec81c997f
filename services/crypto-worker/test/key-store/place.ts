import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Logger } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import { SecretBytes } from '@trent/secret-bytes';
import { ConnectFailure, type ConnectedStore } from '../../src/key-store/backend.ts';
import type { HsmBackend } from '../../src/key-store/hsm/hsm-backend.ts';

export const PIN = 'the user pin';
/** Tokens that make-tokens.ts makes: two with the same PIN, one without a user. */
export const TOKENS = { blue: PIN, green: PIN, empty: '' } as const;
export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';

/** Where a case runs: the backend over the tokens of a folder, nothing connected. */
export interface Place {
  readonly backend: HsmBackend;
  /** PEM of the certificate that all clusters have. */
  readonly anchor: string;
  readonly log: Logger;
}

/** One true sentence about key stores. */
export interface StoreCase {
  readonly name: string;
  run(place: Place): Promise<void>;
}

/** Settings of a store of a cluster. */
export function settingsOf({ anchor }: Place, clusterId: string, more: Partial<keystore.StoreSettings> = {}): keystore.StoreSettings {
  const backend = { $case: 'hsm', value: { clusterId, trustAnchorCertificate: anchor } } as const;
  return { storeId: `cks-${randomUUID().slice(0, 8)}`, accountId: ACCOUNT, region: REGION, version: 1n, backend, ...more };
}

export function secret(password: string = PIN): SecretBytes {
  return SecretBytes.take(Buffer.from(password));
}

/** A connected store of a cluster. */
export function connected(place: Place, clusterId: string): Promise<ConnectedStore> {
  return place.backend.connect(settingsOf(place, clusterId), secret(), Infinity, () => assert.fail('the store was lost'));
}

/** A key in a store, and requests that use it. */
export interface StoreKey {
  readonly objectId: string;
  readonly name: keystore.KeyName;
  readonly encrypt: (text: string, context?: Record<string, string>) => Promise<Buffer>;
  readonly decrypt: (ciphertext: Buffer, context?: Record<string, string>) => Promise<string>;
}

export async function aKey(store: ConnectedStore): Promise<StoreKey> {
  const name = { region: REGION, accountId: ACCOUNT, keyId: randomUUID(), materialId: 'ab'.repeat(32) };
  const objectId = await store.createKey(keystore.CreateKeyRequest.create({ key: name }), Infinity);
  return keyIn(store, objectId, name);
}

/** The same key, used through another connection of its token. */
export function keyIn(store: ConnectedStore, objectId: string, name: keystore.KeyName): StoreKey {
  const request = (context: Record<string, string>) => ({
    storeId: 'cks-1',
    objectId,
    key: name,
    encryptionContext: new Map(Object.entries(context)),
    metadata: undefined,
  });
  return {
    objectId,
    name,
    encrypt: (text, context = {}) => store.encrypt({ ...request(context), plaintext: Buffer.from(text) }, Infinity),
    decrypt: async (ciphertext, context = {}) => (await store.decrypt({ ...request(context), ciphertext }, Infinity)).toString(),
  };
}

/** Waits for the documented error. */
export async function refuses(deed: () => Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(
    async () => deed(),
    (error) => {
      assert.ok(isTrentError(error), String(error));
      assert.equal(error.code, code);
      return true;
    },
  );
}

/** Waits for a connection that fails. */
export async function failsWith(deed: () => Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(
    async () => deed(),
    (error) => {
      assert.ok(error instanceof ConnectFailure, String(error));
      assert.equal(error.connectionErrorCode, code);
      return true;
    },
  );
}
