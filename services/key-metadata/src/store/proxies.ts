import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import type { KeyStoreRow, KeyStoreSettings } from './key-stores.ts';

/** A store as far as its proxy must be its own. */
type Proxied = Pick<KeyStoreRow, 'region' | 'accountId' | 'storeId'> &
  Pick<KeyStoreSettings, 'xksConnectivity' | 'xksUriEndpoint' | 'xksUriPath' | 'xksVpcEndpointServiceName'>;

const VPC = 'VPC_ENDPOINT_SERVICE';

/**
 * "Uniqueness requirements" of the members of CreateCustomKeyStore, in the account and Region. The caller holds the account's lock.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
 * @throws XksProxyUriInUseException, XksProxyUriEndpointInUseException, XksProxyVpcEndpointServiceInUseException
 */
export async function checkProxyIsFree(tx: Transaction, store: Proxied): Promise<void> {
  if (store.xksUriEndpoint === null) return;
  const { rows } = await tx.query<Proxied>(
    `select region, account_id as "accountId", store_id as "storeId", xks_connectivity as "xksConnectivity", xks_uri_endpoint as "xksUriEndpoint",
       xks_uri_path as "xksUriPath", xks_vpc_endpoint_service_name as "xksVpcEndpointServiceName"
     from key_stores where region = $1 and account_id = $2 and store_id <> $3 and xks_uri_endpoint is not null`,
    [store.region, store.accountId, store.storeId],
  );
  for (const other of rows) refuseShared(store, other);
}

function refuseShared(store: Proxied, other: Proxied): void {
  const { xksVpcEndpointServiceName: service } = store;
  if (service !== null && service === other.xksVpcEndpointServiceName) {
    fail('XksProxyVpcEndpointServiceInUseException', inUse(`VPC endpoint service ${service}`, other));
  }
  const endpoint = store.xksUriEndpoint?.toLowerCase();
  if (endpoint !== other.xksUriEndpoint?.toLowerCase()) return;
  if (store.xksUriPath === other.xksUriPath) fail('XksProxyUriInUseException', inUse('XksProxyUriEndpoint and XksProxyUriPath', other));
  if (store.xksConnectivity === VPC || other.xksConnectivity === VPC) {
    fail('XksProxyUriEndpointInUseException', inUse('XksProxyUriEndpoint', other));
  }
}

function inUse(what: string, { storeId }: Proxied): string {
  return `The ${what} is already associated with the external key store ${storeId} in this Region.`;
}
