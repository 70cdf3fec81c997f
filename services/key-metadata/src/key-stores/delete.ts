import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { change, type Call, type Deps } from '../operations/call.ts';
import { deleteKeyStore, lockKeyStore } from '../store/key-stores.ts';
import { doneWith } from './connection.ts';

/**
 * DeleteCustomKeyStore: disconnected and without keys. What the store is made of stays as it is.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html
 */
export function deleteCustomKeyStore(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { customKeyStoreId = '' } = kms.DeleteCustomKeyStoreRequest.decode(call.request.input);
  return change(deps, call, async (tx) => {
    const store = await lockKeyStore(tx, call.region, call.accountId, customKeyStoreId);
    if (store.state !== 'DISCONNECTED') fail('CustomKeyStoreInvalidStateException');
    await deleteKeyStore(tx, store);
    return doneWith(store);
  });
}
