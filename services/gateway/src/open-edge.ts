import { randomFillSync } from 'node:crypto';
import type { ListenAddress, ServiceRuntime, TlsIdentity } from '@trent/bootstrap';
import { pooledRandom } from '@trent/identifiers';

import { Admission } from './admission/admission.ts';
import type { Concurrency } from './admission/concurrency.ts';
import { Quota, type SharedCounts } from './admission/quota.ts';
import type { Ask } from './ask.ts';
import { startNativeServer } from './grpc/server.ts';
import { handleRequest, type Road } from './handle-request.ts';
import { startHttpServer } from './http/server.ts';
import { makeRoutes } from './http/routes.ts';
import { planOperations } from './operations/operation-plan.ts';
import { RequestMeter } from './request-meter.ts';
import { traceRoad } from './trace-road.ts';

/** What the edge is told: where to listen, and the ways into the deployment. */
export interface EdgeParts extends Pick<Road, 'authorize' | 'rooms' | 'publish' | 'usage'> {
  readonly httpsListen: readonly ListenAddress[];
  readonly grpcListen: readonly ListenAddress[];
  readonly regions: readonly string[];
  /** The places on the road. */
  readonly concurrency: Concurrency;
  /** Request quotas are AWS's defaults times this. */
  readonly quotaScale: number;
  /** The public certificate, and the CA of client certificates. */
  readonly tls: TlsIdentity;
  readonly counts: SharedCounts;
}

/** Ports that the edge listens on, in the order of the addresses. */
export interface Edge {
  readonly httpsPorts: readonly number[];
  readonly grpcPorts: readonly number[];
}

/** Opens the doors: one road behind all wires. They close with the runtime's drain. */
export async function openEdge(runtime: ServiceRuntime, parts: EdgeParts): Promise<Edge> {
  const random = pooledRandom(randomFillSync);
  const clock = (): number => performance.now();
  const { concurrency } = parts;
  const meter = new RequestMeter(runtime.metrics, runtime.log);
  const road: Road = {
    admission: new Admission(concurrency, new Quota(parts.counts, Date.now, parts.quotaScale), parts.regions),
    authorize: parts.authorize,
    rooms: parts.rooms,
    publish: parts.publish,
    usage: parts.usage,
    records: { random, now: Date.now },
    clock,
  };
  const handle = runtime.tracing ? traceRoad(road, runtime.tracer) : (ask: Ask) => handleRequest(road, ask);
  const plans = planOperations();
  const face = {
    regions: parts.regions,
    handle,
    meter,
    random,
    clock,
  };
  runtime.onDrain('request meter', () => meter.close());
  runtime.metrics.gauge({ name: 'requests_in_flight', help: 'Requests on the road', read: () => concurrency.inFlight });
  runtime.debugState('road', () => ({ inFlight: concurrency.inFlight }));
  const grpc = await startNativeServer(runtime, { listen: parts.grpcListen, tls: parts.tls, plans, face });
  const https = await startHttpServer(runtime, {
    listen: parts.httpsListen,
    tls: parts.tls,
    face: { ...face, routes: makeRoutes(plans) },
    random,
  });
  return { httpsPorts: https.ports, grpcPorts: grpc.ports };
}
