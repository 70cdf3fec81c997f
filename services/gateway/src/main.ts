import { randomUUID } from 'node:crypto';
import { openAuditPublisher, type AuditPublisherEvent } from '@trent/audit-record';
import {
  clientCredentials,
  connectNats,
  defineEvents,
  endpointsOf,
  openTlsIdentity,
  runService,
  type Endpoint,
  type ServiceName,
  type ServiceRuntime,
} from '@trent/bootstrap';
import { authorize, execute, invoke, metadata, options } from '@trent/contracts';
import { openBatchLink, openUnaryLink, type UnaryLink } from '@trent/grpc-link';

import { Concurrency } from './admission/concurrency.ts';
import { openRedisCounts } from './admission/redis-counts.ts';
import { readGatewayConfig, type GatewayConfig } from './config.ts';
import { openEdge, type EdgeParts } from './open-edge.ts';
import { KeyUsage } from './usage/key-usage.ts';

const config = readGatewayConfig();
await runService('gateway', config, (runtime) => start(runtime, config));

async function start(runtime: ServiceRuntime, config: GatewayConfig): Promise<void> {
  const { log, zone } = runtime;
  const concurrency = new Concurrency(config.maxInFlight);
  const inHand = (): number => concurrency.inFlight;
  const publish = await openAudit(runtime, config, inHand);
  const counts = openRedisCounts({
    url: config.redisUrl,
    passwordFile: config.redisPasswordFile,
    instance: runtime.instance,
    log,
    now: Date.now,
  });
  runtime.onDrain('redis', () => counts.close());
  runtime.debugState('redis', () => ({ connected: counts.isConnected(), gateways: counts.sharers() }));

  const policy = openBatchLink({
    name: 'policy',
    method: authorize.AuthorizeServiceService.authorize,
    endpoints: config.policyEndpoints,
    zone,
    credentials: clientCredentials(runtime.tls, 'policy'),
    runtime,
    inHand,
  });
  runtime.readiness('policy', policy.ready);

  const keyMetadata = openUnaryLink({
    name: 'key-metadata',
    endpoints: config.keyMetadataEndpoints,
    zone,
    credentials: clientCredentials(runtime.tls, 'key-metadata'),
    runtime,
  });
  const edge = { cert: config.edgeTlsCert, key: config.edgeTlsKey, ca: config.clientCa };
  const tls = openTlsIdentity(edge, { trustDomain: config.trustDomain, log });
  runtime.onDrain('edge certificate', () => tls.close());
  await openEdge(runtime, {
    httpsListen: config.httpsListen,
    grpcListen: config.clientGrpcListen,
    regions: config.regions,
    concurrency,
    quotaScale: config.quotaScale,
    tls,
    counts,
    authorize: (item, call) => policy.call(item, { ...call, lane: 'fast' }),
    rooms: openRooms(runtime, config, { keyMetadata, inHand }),
    usage: openUsage(runtime, keyMetadata),
    publish,
  });
}

const events = defineEvents({ audit: 'audit.stream_changed' });

async function openAudit(runtime: ServiceRuntime, config: GatewayConfig, inHand: () => number): Promise<EdgeParts['publish']> {
  const nats = await connectNats(config, runtime);
  const audit = openAuditPublisher({
    nats,
    natsUser: config.natsUser,
    regions: config.regions,
    streams: config.auditStreams,
    zone: runtime.zone,
    publisher: randomUUID(),
    inHand,
    onEvent: (event: AuditPublisherEvent) => runtime.log.warn(events.audit, { detail: JSON.stringify(event) }),
  });
  runtime.onDrain('audit', () => audit.close());
  runtime.debugState('audit', () => audit.state());
  return (region, record, deadline) => audit.publish(region, record, deadline);
}

type Execution = NonNullable<ReturnType<EdgeParts['rooms']['execute']['get']>>;
type Invocation = NonNullable<ReturnType<EdgeParts['rooms']['invoke']['get']>>;

/** For a report of key uses, which nobody waits for. */
const REPORT_MS = 4_000;

function openUsage(runtime: ServiceRuntime, keyMetadata: UnaryLink): KeyUsage {
  const { reportKeyUsage } = metadata.KeyUsageServiceService;
  const usage = new KeyUsage(async (uses) => {
    await keyMetadata.call(reportKeyUsage, { uses }, { deadline: performance.now() + REPORT_MS, repeat: 'safe' });
  }, runtime.log);
  runtime.onDrain('key usage', () => usage.close());
  runtime.debugState('key usage', () => usage.state);
  return usage;
}

function openRooms(
  runtime: ServiceRuntime,
  config: GatewayConfig,
  { keyMetadata, inHand }: { readonly keyMetadata: UnaryLink; readonly inHand: () => number },
): EdgeParts['rooms'] {
  const { zone } = runtime;
  const workers = config.regions.map((region) => {
    const link = openBatchLink({
      name: `crypto-worker ${region}`,
      method: execute.ExecuteServiceService.execute,
      endpoints: endpointsOf(config.cryptoWorkerEndpoints, region),
      zone,
      credentials: clientCredentials(runtime.tls, 'crypto-worker'),
      runtime,
      inHand,
    });
    runtime.readiness(`crypto-worker ${region}`, link.ready);
    const execution: Execution = (item, call) => link.call(item, call);
    return [region, execution] as const;
  });
  const through =
    (link: UnaryLink): Invocation =>
    (request, call) =>
      link.call(invoke.InvokeServiceService.invoke, request, call);
  const room = (name: ServiceName, endpoints: readonly Endpoint[]): Invocation =>
    through(openUnaryLink({ name, endpoints, zone, credentials: clientCredentials(runtime.tls, name), runtime }));
  return {
    execute: new Map(workers),
    invoke: new Map([
      [options.Room.ROOM_KEY_METADATA, through(keyMetadata)],
      [options.Room.ROOM_POLICY, room('policy', config.policyEndpoints)],
      [options.Room.ROOM_AUDIT_INGEST, room('audit-ingest', config.auditIngestEndpoints)],
    ]),
  };
}
