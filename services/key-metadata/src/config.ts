import { commonConfig, endpoints, grpcConfig, natsConfig, postgresConfig, regionGroupsConfig, type ConfigOf } from '@trent/bootstrap';

/** The environment of key-metadata: docs/configuration.md is made from it. */
export const keyMetadataConfig = {
  ...commonConfig,
  ...grpcConfig,
  ...natsConfig,
  ...postgresConfig,
  ...regionGroupsConfig,
  cryptoWorkerEndpoints: endpoints().describe('Crypto workers: region/zone=host:port,…'),
};

export type KeyMetadataConfig = ConfigOf<typeof keyMetadataConfig>;
