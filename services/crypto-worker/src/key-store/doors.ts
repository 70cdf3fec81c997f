import { bind, unary, type ServiceBinding } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import type { ConnectedStores } from './connected-stores.ts';

/** The two doors of a key-store process: key-metadata lives the stores' lives, crypto-worker uses their keys. */
export function doorsOf(stores: ConnectedStores): readonly ServiceBinding[] {
  return [
    bind(keystore.StoreServiceService, {
      getStatus: unary(() => stores.status()),
      checkStore: unary((request, { deadline }) => stores.check(request, deadline)),
      connectStore: unary((request, { deadline }) => stores.connect(request, deadline)),
      disconnectStore: unary(({ storeId }) => stores.disconnect(storeId)),
      deleteKey: unary(async ({ storeId, objectId }, { deadline }) => {
        await stores.get(storeId).deleteKey(objectId, deadline);
        return {};
      }),
    }),
    bind(keystore.StoreKeyServiceService, {
      createKey: unary(async (request, { deadline }) => ({ objectId: await stores.get(request.storeId).createKey(request, deadline) })),
      encrypt: unary(async (request, { deadline }) => {
        try {
          return { ciphertext: await stores.get(request.storeId).encrypt(request, deadline) };
        } finally {
          request.plaintext.fill(0);
        }
      }),
      decrypt: unary(async (request, { deadline }) => ({ plaintext: await stores.get(request.storeId).decrypt(request, deadline) })),
      generateRandom: unary(async ({ storeId, numberOfBytes }, { deadline }) => ({
        random: await stores.get(storeId).random(numberOfBytes, deadline),
      })),
    }),
  ];
}
