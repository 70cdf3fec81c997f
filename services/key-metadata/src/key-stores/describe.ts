import { awsEnum, kms, type invoke, type metadata } from '@trent/contracts';
import { fail } from '@trent/errors';
import { answer, type Call, type Deps } from '../operations/call.ts';
import { pageOf } from '../operations/marker.ts';
import { listKeyStores, type KeyStoreRow } from '../store/key-stores.ts';

const LIST = { default: 100, most: 1000 };
const enumOf = {
  type: awsEnum('trent.kms.v1.CustomKeyStoreType'),
  state: awsEnum('trent.kms.v1.ConnectionState'),
  errorCode: awsEnum('trent.kms.v1.ConnectionErrorCode'),
  connectivity: awsEnum('trent.kms.v1.XksProxyConnectivity'),
} as const;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html: one by id or name, or all of the account. */
export async function describeCustomKeyStores(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.DescribeCustomKeyStoresRequest.decode(call.request.input);
  const { customKeyStoreId: storeId, customKeyStoreName: name, limit, marker } = request;
  const { region, accountId } = call;
  const scope = ['DescribeCustomKeyStores', region, accountId, storeId ?? '', name ?? ''];
  const size = Math.min(limit ?? LIST.default, LIST.most);
  const rows = await listKeyStores(deps.db, { region, accountId, storeId, name }, deps.markers.read(scope, marker), size + 1);
  if (rows.length === 0 && (storeId !== undefined || name !== undefined) && marker === undefined) fail('CustomKeyStoreNotFoundException');
  const { page, last } = pageOf(rows, size);
  return answer(call, {
    customKeyStores: page.map(entryOf),
    truncated: last !== undefined,
    nextMarker: last === undefined ? undefined : deps.markers.make(scope, last.storeId),
  });
}

function entryOf(store: KeyStoreRow): kms.CustomKeyStoresListEntry {
  return kms.CustomKeyStoresListEntry.create({
    customKeyStoreId: store.storeId,
    customKeyStoreName: store.name,
    cloudHsmClusterId: store.clusterId ?? undefined,
    trustAnchorCertificate: store.trustAnchor ?? undefined,
    connectionState: enumOf.state.fromAws(store.state) as kms.ConnectionState,
    connectionErrorCode: store.errorCode === null ? undefined : (enumOf.errorCode.fromAws(store.errorCode) as kms.ConnectionErrorCode),
    creationDate: store.createdAt,
    customKeyStoreType: enumOf.type.fromAws(store.type) as kms.CustomKeyStoreType,
    xksProxyConfiguration: proxyOf(store),
  });
}

/** Of external key stores; never the secret. */
function proxyOf(store: KeyStoreRow): kms.XksProxyConfiguration | undefined {
  if (store.type !== 'EXTERNAL_KEY_STORE') return undefined;
  return kms.XksProxyConfiguration.create({
    connectivity: enumOf.connectivity.fromAws(store.xksConnectivity ?? '') as kms.XksProxyConnectivity | undefined,
    accessKeyId: store.xksAccessKeyId ?? undefined,
    uriEndpoint: store.xksUriEndpoint ?? undefined,
    uriPath: store.xksUriPath ?? undefined,
    vpcEndpointServiceName: store.xksVpcEndpointServiceName ?? undefined,
    vpcEndpointServiceOwner: store.xksVpcEndpointServiceOwner ?? undefined,
  });
}

/** For what is asked of a store without a key: empty when the account has no such store. */
export async function loadKeyStore(
  { db }: Pick<Deps, 'db'>,
  { region, accountId, storeId }: metadata.LoadKeyStoreRequest,
): Promise<metadata.LoadKeyStoreResponse> {
  const [store] = await listKeyStores(db, { region, accountId, storeId }, '', 1);
  return { storeType: store?.type ?? '', connectionState: store?.state ?? '' };
}
