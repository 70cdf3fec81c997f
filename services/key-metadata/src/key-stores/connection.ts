import { setTimeout as pause } from 'node:timers/promises';
import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { ChangeOfView } from '@trent/outbox';
import { change, type Call, type Deps, type Done } from '../operations/call.ts';
import { changeConnection, lockKeyStore, type ConnectionState, type KeyStoreRow } from '../store/key-stores.ts';

/** No permit lives longer: 3 s, and 1 s of leeway. */
const PERMIT_LIFE_MS = 4_000;
const DISCONNECT_MS = 3_000;

/**
 * ConnectCustomKeyStore begins it and is answered at once; the keeper does it.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html
 */
export async function connectCustomKeyStore(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { customKeyStoreId = '' } = kms.ConnectCustomKeyStoreRequest.decode(call.request.input);
  const answer = await change(deps, call, async (tx) => {
    const store = await lockKeyStore(tx, call.region, call.accountId, customKeyStoreId);
    if (store.state === 'FAILED' || store.state === 'DISCONNECTING') fail('CustomKeyStoreInvalidStateException');
    await changeConnection(tx, store, 'DISCONNECTED', 'CONNECTING');
    return doneWith(store);
  });
  deps.keyStores.wakeKeeper();
  return answer;
}

const MAY_DISCONNECT: ReadonlySet<ConnectionState> = new Set(['CONNECTED', 'CONNECTING', 'FAILED']);

/**
 * DisconnectCustomKeyStore: when it is answered, no key of the store is used any more. Views of its keys are dropped everywhere (P7) and the
 * processes let go of it; where one of them can not be told, the permits that are still out there have run out.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html
 */
export async function disconnectCustomKeyStore(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { customKeyStoreId = '' } = kms.DisconnectCustomKeyStoreRequest.decode(call.request.input);
  let disconnecting: KeyStoreRow | undefined;
  const answer = await change(deps, call, async (tx) => {
    const store = await lockKeyStore(tx, call.region, call.accountId, customKeyStoreId);
    if (!MAY_DISCONNECT.has(store.state)) fail('CustomKeyStoreInvalidStateException');
    await changeConnection(tx, store, store.state, 'DISCONNECTING');
    disconnecting = store;
    return doneWith(store, [storeChange(store)]);
  });
  if (disconnecting === undefined) return answer;
  const all = await deps.keyStores.processes.disconnect(customKeyStoreId, performance.now() + DISCONNECT_MS);
  if (all) await changeConnection(deps.db, disconnecting, 'DISCONNECTING', 'DISCONNECTED');
  else await pause(PERMIT_LIFE_MS);
  return answer;
}

/** What the record tells of the store beside the request (kms-api §14.2). */
export function doneWith(store: KeyStoreRow, changes: readonly ChangeOfView[] = []): Done<object> {
  const { name, clusterId } = store;
  const additionalEventData = { customKeyStoreName: name, ...(clusterId === null ? {} : { clusterId }) };
  return { response: {}, resources: [], changes, additionalEventData };
}

/** The store's keys have become unavailable, all at once; versions grow with the clock, since a store may be connected and disconnected for ever. */
function storeChange({ region, storeId }: KeyStoreRow): ChangeOfView {
  return { feed: `keys.${region}`, kind: 'key-store', id: storeId, version: BigInt(Date.now()), barrier: true };
}
