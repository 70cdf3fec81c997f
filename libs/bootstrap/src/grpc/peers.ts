/** Services of Trent; key-store is another entry of crypto-worker, without its root set and with an identity of its own. */
export const serviceNames = ['gateway', 'policy', 'key-metadata', 'crypto-worker', 'audit-ingest', 'key-store'] as const;

/** A service of Trent. */
export type ServiceName = (typeof serviceNames)[number];

/** Who may call: a service, or a person with an operator's certificate. */
export type Peer = ServiceName | 'operator';

const everyone: readonly Peer[] = [...serviceNames, 'operator'];

/**
 * Who may talk to whom: full name of an internal gRPC service → callers that may. A service that is not listed is not served, a caller that is
 * not listed gets PERMISSION_DENIED. NetworkPolicies are rendered from the same table.
 */
export const peers: Readonly<Record<string, readonly Peer[]>> = {
  'trent.authorize.v1.AuthorizeService': ['gateway'],
  'trent.execute.v1.ExecuteService': ['gateway'],
  'trent.execute.v1.PermitKeyService': ['policy'],
  'trent.execute.v1.SealService': ['policy', 'key-metadata'],
  'trent.execute.v1.MaterialService': ['key-metadata'],
  'trent.metadata.v1.KeyViewService': ['policy'],
  'trent.metadata.v1.KeyUsageService': ['gateway'],
  'trent.metadata.v1.KeyStoreService': ['crypto-worker'],
  'trent.keystore.v1.StoreService': ['key-metadata'],
  'trent.keystore.v1.StoreKeyService': ['crypto-worker'],
  'trent.feed.v1.FeedService': ['policy', 'crypto-worker'],
  'trent.invoke.v1.InvokeService': ['gateway'],
  'trent.accounts.v1.AccountAdminService': ['operator'],
  'grpc.health.v1.Health': everyone,
  'grpc.reflection.v1.ServerReflection': everyone,
  'grpc.reflection.v1alpha.ServerReflection': everyone,
};
