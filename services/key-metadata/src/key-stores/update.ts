import { kms, type invoke } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import { change, type Call, type Deps } from '../operations/call.ts';
import { listKeyStores, lockKeyStore, updateKeyStore, type KeyStoreRow, type KeyStoreSettings } from '../store/key-stores.ts';
import { doneWith } from './connection.ts';
import { settingsOf } from './settings.ts';

type Changes = Partial<KeyStoreSettings & Pick<KeyStoreRow, 'name' | 'sealedSecret'>>;

/**
 * UpdateCustomKeyStore. A connected store takes a new name and no more.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html
 */
export async function updateCustomKeyStore(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.UpdateCustomKeyStoreRequest.decode(call.request.input);
  const { region, accountId } = call;
  const storeId = request.customKeyStoreId ?? '';
  const [known] = await listKeyStores(deps.db, { region, accountId, storeId }, '', 1);
  if (known === undefined) return fail('CustomKeyStoreNotFoundException');
  checkState(known, request);
  const changes = await changesOf(deps, call, known, request);
  return change(deps, call, async (tx) => {
    const store = await lockKeyStore(tx, region, accountId, storeId);
    checkState(store, request);
    await updateKeyStore(tx, store, changes);
    return doneWith({ ...store, ...changes });
  });
}

function checkState({ state }: KeyStoreRow, request: kms.UpdateCustomKeyStoreRequest): void {
  const renamesAlone = request.keyStorePassword === undefined && request.cloudHsmClusterId === undefined;
  if (state !== 'DISCONNECTED' && !(state === 'CONNECTED' && renamesAlone)) fail('CustomKeyStoreInvalidStateException');
}

async function changesOf(deps: Deps, call: Call, store: KeyStoreRow, request: kms.UpdateCustomKeyStoreRequest): Promise<Changes> {
  const { newCustomKeyStoreName: name, cloudHsmClusterId: clusterId, keyStorePassword } = request;
  if (clusterId !== undefined) await checkRelated(deps, call, store, clusterId);
  const sealedSecret = keyStorePassword === undefined ? undefined : await sealed(deps, call, store, keyStorePassword);
  return {
    ...(name === undefined ? {} : { name }),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(sealedSecret === undefined ? {} : { sealedSecret }),
  };
}

/** "CloudHSM clusters that share a backup history have the same cluster certificate" (API reference, CloudHsmClusterNotRelatedException). */
async function checkRelated(deps: Deps, { deadline }: Call, store: KeyStoreRow, clusterId: string): Promise<void> {
  try {
    await deps.keyStores.processes.check(settingsOf({ ...store, clusterId }), Buffer.alloc(0), deadline);
  } catch (error) {
    if (isTrentError(error) && error.code === 'IncorrectTrustAnchorException') fail('CloudHsmClusterNotRelatedException');
    throw error;
  }
}

async function sealed(deps: Deps, { deadline }: Call, store: KeyStoreRow, password: string): Promise<Buffer> {
  const secret = Buffer.from(password);
  try {
    return await deps.keyStores.sealSecret(store, secret, deadline);
  } finally {
    secret.fill(0);
  }
}
