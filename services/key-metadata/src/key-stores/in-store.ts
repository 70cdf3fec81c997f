import type { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Origin } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import type { Call } from '../operations/call.ts';
import type { FreshMaterial } from '../operations/materials.ts';
import type { KeyStores } from './key-stores.ts';
import { lockKeyStore } from '../store/key-stores.ts';

/** Where a new key is to live, if not in Trent itself. */
export interface PlaceInStore {
  readonly customKeyStoreId: string;
  /** The external key that is to be used; undefined where the store makes the key. */
  readonly xksKeyId?: string;
}

/**
 * Origin, CustomKeyStoreId and XksKeyId belong together (API reference, CreateKey).
 * @throws ValidationException
 */
export function placeInStore({ customKeyStoreId, xksKeyId }: kms.CreateKeyRequest, origin: Origin): PlaceInStore | undefined {
  const inStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  if (inStore !== (customKeyStoreId !== undefined)) {
    const must = inStore ? 'requires' : 'does not allow';
    fail('ValidationException', `Origin ${origin} ${must} the CustomKeyStoreId parameter.`);
  }
  if ((origin === 'EXTERNAL_KEY_STORE') !== (xksKeyId !== undefined)) {
    const must = xksKeyId === undefined ? 'requires' : 'does not allow';
    fail('ValidationException', `Origin ${origin} ${must} the XksKeyId parameter.`);
  }
  return customKeyStoreId === undefined ? undefined : { customKeyStoreId, ...(xksKeyId === undefined ? {} : { xksKeyId }) };
}

/**
 * Keeps the store as it is until the key is in it.
 * @throws CustomKeyStoreNotFoundException; ValidationException for a store of the other type; CustomKeyStoreInvalidStateException
 */
export async function holdStore(
  tx: Transaction,
  { region, accountId }: Call,
  { customKeyStoreId }: PlaceInStore,
  origin: Origin,
): Promise<void> {
  const store = await lockKeyStore(tx, region, accountId, customKeyStoreId, 'for share');
  if (store.type !== origin) fail('ValidationException', `Origin ${origin} is not valid for a custom key store of type ${store.type}.`);
  if (store.state !== 'CONNECTED') fail('CustomKeyStoreInvalidStateException');
}

/** For a key that nobody will ever have: its store is asked once. */
const DELETE_MS = 3_000;

/**
 * Runs the birth of a key in a store. When it fails before anything could be committed, the key that the store made is destroyed again, as far as
 * the store can be asked.
 * @param run makes the change of a work that it is given watched
 */
export async function leavingNoOrphan<Outcome, Response>(
  { processes }: Pick<KeyStores, 'processes'>,
  { customKeyStoreId, xksKeyId }: PlaceInStore,
  made: () => Promise<FreshMaterial> | undefined,
  birth: (tx: Transaction) => Promise<Outcome>,
  run: (watched: (tx: Transaction) => Promise<Outcome>) => Promise<Response>,
): Promise<Response> {
  const fate = { isDoomed: false };
  const watched = async (tx: Transaction): Promise<Outcome> => {
    fate.isDoomed = true;
    const outcome = await birth(tx);
    // From here on it may be committed, whatever else goes wrong.
    fate.isDoomed = false;
    return outcome;
  };
  try {
    return await run(watched);
  } catch (error) {
    const material = fate.isDoomed && xksKeyId === undefined ? await made()?.catch(() => undefined) : undefined;
    if (material !== undefined) {
      const deadline = performance.now() + DELETE_MS;
      await processes.deleteKey(customKeyStoreId, material.objectId, deadline).catch(() => undefined);
    }
    throw error;
  }
}
