import { filePath, hostPorts, integer, listenAddress, name, names, oneOf, regionNames, replicaCount, serviceUrl } from './fields.ts';

/** Variables of every service. */
export const commonConfig = {
  serviceInstance: name().describe('name of this process, unique in the deployment: policy-a'),
  zone: name().describe('zone in which the process runs: a'),
  trustDomain: name().default('trent').describe('trust domain of the SPIFFE ids'),
  tlsCert: filePath().describe('certificate chain of the process, PEM, issued by the internal CA'),
  tlsKey: filePath().describe('private key of the certificate, PEM'),
  tlsCa: filePath().describe('certificates of the internal CA, PEM'),
  adminListen: listenAddress().describe('loopback address of /livez, /readyz, /metrics and /debug'),
  logLevel: oneOf('debug', 'info', 'warn', 'error').default('info').describe('least serious line that is logged'),
  trace: names().default([]).describe('named tracers to switch on'),
  regions: regionNames().describe('regions of the deployment'),
};

/** Variables of services with an internal gRPC server. */
export const grpcConfig = {
  grpcListen: listenAddress().describe('address of the internal gRPC server (mutual TLS)'),
};

/** Variables of services that talk to NATS. */
export const natsConfig = {
  natsServers: hostPorts().describe('NATS servers'),
  natsCa: filePath().optional().describe('CA of the NATS servers, PEM; without it the connection is not encrypted'),
  natsUser: name().describe('NATS user'),
  natsPasswordFile: filePath().describe('file with the password of the NATS user'),
  natsReplicas: replicaCount().default(3).describe('replicas of the JetStream streams that the process creates'),
  auditStreams: integer({ min: 1, max: 64 }).default(3).describe('audit streams of a region'),
};

/** Variables of services with a schema in Postgres. */
export const postgresConfig = {
  postgresUrl: serviceUrl('postgres:', 'postgresql:').describe('postgres://role@host:port/database'),
  postgresPasswordFile: filePath().describe('file with the password of the role'),
  postgresPool: integer({ min: 1, max: 200 }).default(8).describe('connections at most'),
};
