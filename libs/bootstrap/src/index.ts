export { commonConfig, grpcConfig, natsConfig, postgresConfig } from './config/common.ts';
export { describeConfig } from './config/describe-config.ts';
export type { VariableDescription } from './config/describe-config.ts';
export { field } from './config/field.ts';
export type { Field, FieldMeta } from './config/field.ts';
export {
  endpoints,
  filePath,
  flag,
  hostPorts,
  integer,
  listenAddress,
  listenAddresses,
  name,
  names,
  oneOf,
  regionName,
  regionNames,
  serviceUrl,
  text,
} from './config/fields.ts';
export { loadConfig, readConfig } from './config/load-config.ts';
export { DEFAULT_GROUP, groupOf, regionGroups, regionGroupsConfig } from './config/region-groups.ts';
export type { RegionGroup } from './config/region-groups.ts';
export type { ConfigOf, ConfigReading, ConfigShape, Environment } from './config/load-config.ts';
export { endpointName, endpointsOf, parseEndpoints } from './endpoint.ts';
export type { Endpoint } from './endpoint.ts';
export { formatHostPort, parseHostPort, parseListenAddress } from './listen-address.ts';
export type { HostPort, ListenAddress } from './listen-address.ts';
export { bind, serviceNameOf } from './grpc/binding.ts';
export type { ImplementationOf, MethodDefinition, ServiceBinding } from './grpc/binding.ts';
export { callerOf, contextOf, unary } from './grpc/call-context.ts';
export type { CallContext } from './grpc/call-context.ts';
export { fromErrorDetail, fromServiceError, hasErrorDetail, isServiceError, toErrorDetail, toServiceError } from './grpc/error-status.ts';
export { traceItems } from './grpc/item-span.ts';
export type { TracedItem, TracedResult } from './grpc/item-span.ts';
export { startGrpcServer } from './grpc/grpc-server.ts';
export type { GrpcServer, GrpcServerOptions } from './grpc/grpc-server.ts';
export { peers, serviceNames } from './grpc/peers.ts';
export type { Peer, ServiceName } from './grpc/peers.ts';
export { defineEvents } from './log/events.ts';
export type { EventName } from './log/events.ts';
export type { LogFields } from './log/log-fields.ts';
export { createLogger, silentLogger } from './log/logger.ts';
export type { Logger, LoggerOptions, LogLevel } from './log/logger.ts';
export { createMetrics, DURATION_BUCKETS } from './metrics.ts';
export type { CounterMetric, HistogramMetric, Metrics } from './metrics.ts';
export { createRuntime } from './runtime/service-runtime.ts';
export type { RuntimeParts, ServiceRuntime } from './runtime/service-runtime.ts';
export { runService } from './runtime/run-service.ts';
export { startAdminServer } from './admin/admin-server.ts';
export { startTelemetry } from './telemetry.ts';
export type { Telemetry, TelemetryResource } from './telemetry.ts';
export { clientCredentials } from './tls/client-credentials.ts';
export { anonymous, callerOfSpiffeId, serviceSpiffeId, spiffeIdOf } from './tls/spiffe-id.ts';
export type { Caller } from './tls/spiffe-id.ts';
export { openTlsIdentity } from './tls/tls-identity.ts';
export type { TlsFiles, TlsIdentity, TlsMaterial } from './tls/tls-identity.ts';
export { connectNats } from './nats/connect-nats.ts';
export type { NatsSettings } from './nats/connect-nats.ts';
