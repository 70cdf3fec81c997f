import {
  commonConfig,
  endpoints,
  grpcConfig,
  integer,
  natsConfig,
  postgresConfig,
  regionGroupsConfig,
  type ConfigOf,
} from '@trent/bootstrap';

/** The environment of key-metadata: docs/configuration.md is made from it. */
export const keyMetadataConfig = {
  ...commonConfig,
  ...grpcConfig,
  ...natsConfig,
  ...postgresConfig,
  ...regionGroupsConfig,
  maxKeys: integer({ min: 1, max: 100_000_000 }).default(100_000).describe('keys that an account may have in a Region, in any state'),
  cryptoWorkerEndpoints: endpoints().describe('Crypto workers: region/zone=host:port,…'),
  keyStoreEndpoints: endpoints()
    .default([])
    .describe('Key-store processes, every one: they know themselves which custom key stores they hold'),
};

export type KeyMetadataConfig = ConfigOf<typeof keyMetadataConfig>;
