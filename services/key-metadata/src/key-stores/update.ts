import { kms, type invoke } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import { change, type Call, type Deps } from '../operations/call.ts';
import {
  listKeyStores,
  lockKeyStore,
  updateKeyStore,
  type KeyStoreRow,
  type KeyStoreSettings,
  type KeyStoreType,
} from '../store/key-stores.ts';
import { doneWith } from './connection.ts';
import { settingsOf } from './settings.ts';
import { proxyChanges } from './update-proxy.ts';

type Changes = Partial<KeyStoreSettings & Pick<KeyStoreRow, 'name' | 'sealedSecret'>>;

/** What a connected store does not take: all but a new name and, of a proxy, another path or credential. */
const OF_DISCONNECTED = [
  'keyStorePassword',
  'cloudHsmClusterId',
  'xksProxyConnectivity',
  'xksProxyUriEndpoint',
  'xksProxyVpcEndpointServiceName',
  'xksProxyVpcEndpointServiceOwner',
] as const;
/** What only a store of the other type has. */
const FOREIGN = {
  AWS_CLOUDHSM: [
    'xksProxyConnectivity',
    'xksProxyUriEndpoint',
    'xksProxyUriPath',
    'xksProxyVpcEndpointServiceName',
    'xksProxyVpcEndpointServiceOwner',
    'xksProxyAuthenticationCredential',
  ],
  EXTERNAL_KEY_STORE: ['keyStorePassword', 'cloudHsmClusterId'],
} as const satisfies Record<KeyStoreType, readonly (keyof kms.UpdateCustomKeyStoreRequest)[]>;

/**
 * UpdateCustomKeyStore.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html
 */
export async function updateCustomKeyStore(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.UpdateCustomKeyStoreRequest.decode(call.request.input);
  const { region, accountId } = call;
  const storeId = request.customKeyStoreId ?? '';
  const [known] = await listKeyStores(deps.db, { region, accountId, storeId }, '', 1);
  if (known === undefined) return fail('CustomKeyStoreNotFoundException');
  checkType(known, request);
  checkState(known, request);
  const changes = await changesOf(deps, call, known, request);
  const answer = await change(deps, call, async (tx) => {
    const store = await lockKeyStore(tx, region, accountId, storeId);
    checkState(store, request);
    await updateKeyStore(tx, store, changes);
    return doneWith({ ...store, ...changes });
  });
  deps.keyStores.wakeKeeper();
  return answer;
}

function checkType({ type }: KeyStoreRow, request: kms.UpdateCustomKeyStoreRequest): void {
  const foreign = FOREIGN[type].find((member) => request[member] !== undefined);
  if (foreign === undefined) return;
  fail('ValidationException', `${foreign[0]?.toUpperCase() ?? ''}${foreign.slice(1)} is not valid for a custom key store of type ${type}.`);
}

function checkState({ state }: KeyStoreRow, request: kms.UpdateCustomKeyStoreRequest): void {
  const suitsConnected = OF_DISCONNECTED.every((member) => request[member] === undefined);
  if (state !== 'DISCONNECTED' && !(state === 'CONNECTED' && suitsConnected)) fail('CustomKeyStoreInvalidStateException');
}

async function changesOf(deps: Deps, call: Call, store: KeyStoreRow, request: kms.UpdateCustomKeyStoreRequest): Promise<Changes> {
  const name = request.newCustomKeyStoreName === undefined ? {} : { name: request.newCustomKeyStoreName };
  if (store.type === 'EXTERNAL_KEY_STORE') return { ...name, ...(await proxyChanges(deps, call, store, request)) };
  const { cloudHsmClusterId: clusterId, keyStorePassword } = request;
  if (clusterId !== undefined) await checkRelated(deps, call, store, clusterId);
  const sealedSecret = keyStorePassword === undefined ? undefined : await sealed(deps, call, store, keyStorePassword);
  return {
    ...name,
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
