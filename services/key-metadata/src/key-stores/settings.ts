import type { keystore } from '@trent/contracts';
import type { KeyStoreRow, KeyStoreSettings } from '../store/key-stores.ts';

/** A row's settings as the key-store processes take them. */
export function settingsOf(
  row: KeyStoreSettings & Pick<KeyStoreRow, 'region' | 'storeId' | 'accountId' | 'type' | 'version'>,
): keystore.StoreSettings {
  const { region, storeId, accountId, version } = row;
  return { region, storeId, accountId, version, backend: row.type === 'AWS_CLOUDHSM' ? hsmOf(row) : xksOf(row) };
}

function hsmOf({ clusterId, trustAnchor }: KeyStoreSettings) {
  return { $case: 'hsm', value: { clusterId: clusterId ?? '', trustAnchorCertificate: trustAnchor ?? '' } } as const;
}

function xksOf(row: KeyStoreSettings) {
  const value: keystore.XksSettings = {
    connectivity: row.xksConnectivity ?? '',
    uriEndpoint: row.xksUriEndpoint ?? '',
    uriPath: row.xksUriPath ?? '',
    vpcEndpointServiceName: row.xksVpcEndpointServiceName ?? '',
    vpcEndpointServiceOwner: row.xksVpcEndpointServiceOwner ?? '',
    accessKeyId: row.xksAccessKeyId ?? '',
  };
  return { $case: 'xks', value } as const;
}

/** None of them: what a store of the other type has. */
export const NO_SETTINGS: KeyStoreSettings = {
  clusterId: null,
  trustAnchor: null,
  trustAnchorDigest: null,
  xksConnectivity: null,
  xksUriEndpoint: null,
  xksUriPath: null,
  xksVpcEndpointServiceName: null,
  xksVpcEndpointServiceOwner: null,
  xksAccessKeyId: null,
};
