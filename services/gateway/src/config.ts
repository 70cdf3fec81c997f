import {
  commonConfig,
  endpoints,
  filePath,
  integer,
  listenAddresses,
  loadConfig,
  natsConfig,
  serviceUrl,
  type ConfigOf,
} from '@trent/bootstrap';

/** Variables of the gateway. */
export const gatewayConfig = {
  ...commonConfig,
  ...natsConfig,
  httpsListen: listenAddresses().describe('public addresses of the AWS wires (HTTPS)'),
  clientGrpcListen: listenAddresses().describe('public addresses of the native gRPC API'),
  edgeTlsCert: filePath().describe('public certificate chain, PEM'),
  edgeTlsKey: filePath().describe('private key of the public certificate, PEM'),
  clientCa: filePath().describe('CA of client certificates, PEM'),
  policyEndpoints: endpoints().describe('replicas of policy'),
  keyMetadataEndpoints: endpoints().describe('replicas of key-metadata'),
  cryptoWorkerEndpoints: endpoints().describe('crypto-workers, each with its region'),
  auditIngestEndpoints: endpoints().describe('replicas of audit-ingest'),
  redisUrl: serviceUrl('redis:', 'rediss:').describe('Redis, for request quotas'),
  redisPasswordFile: filePath().optional().describe('file with the password of Redis'),
  quotaScale: integer({ min: 0, max: 1_000_000 })
    .default(200)
    .describe("request quotas of an account are AWS's defaults times this; 1: AWS's own, 0: none"),
  maxInFlight: integer({ min: 16, max: 1_000_000 }).default(4096).describe('requests under way at once; more are throttled'),
};

export type GatewayConfig = ConfigOf<typeof gatewayConfig>;

/** Reads the environment; bad variables end the process. */
export function readGatewayConfig(): GatewayConfig {
  return loadConfig(gatewayConfig, process.env, process.argv);
}
