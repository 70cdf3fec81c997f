import { commonConfig, endpoints, grpcConfig, natsConfig, postgresConfig, type ConfigOf } from '@trent/bootstrap';

/** The environment of policy: docs/configuration.md is made from it. */
export const policyConfig = {
  ...commonConfig,
  ...grpcConfig,
  ...natsConfig,
  ...postgresConfig,
  keyMetadataEndpoints: endpoints().describe('Replicas of key-metadata, every one: zone=host:port,…'),
  cryptoWorkerEndpoints: endpoints().describe('Crypto workers: region/zone=host:port,…'),
  policyEndpoints: endpoints().describe('Replicas of policy itself, every one: its feed of principals has them all as writers'),
};

export type PolicyConfig = ConfigOf<typeof policyConfig>;
