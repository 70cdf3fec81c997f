import { freePorts, isPortFree } from '../free-ports.ts';
import { SERVICES } from '../pki/cluster-certificates.ts';

/** Where other local clouds listen too. */
export const DEFAULT_HTTPS_PORT = 4566;
const HIGHEST_PORT = 65_535;

/** Names of all ports of a cluster, besides the shared pair. */
export function portNames(zones: readonly string[], regions: readonly string[]): string[] {
  return [
    'postgres.sql',
    'redis.redis',
    ...zones.flatMap((zone) => [`nats-${zone}.client`, `nats-${zone}.monitor`, `nats-${zone}.cluster`]),
    ...serviceInstances(zones, regions).flatMap((name) => {
      if (name.startsWith('gateway-')) return [`${name}.https`, `${name}.grpc`, `${name}.admin`];
      return [`${name}.grpc`, `${name}.admin`];
    }),
  ];
}

/**
 * Names of the service processes: `policy-a`; `crypto-worker-a` in the first region, `crypto-worker-eu-west-1-a` in another; `key-store-a` in the
 * first zone alone.
 */
export function serviceInstances(zones: readonly string[], regions: readonly string[]): string[] {
  const everywhere = SERVICES.flatMap((service) =>
    zones.flatMap((zone) =>
      service === 'crypto-worker' ? regions.map((region) => workerName(regions, region, zone)) : [`${service}-${zone}`],
    ),
  );
  return [...everywhere, keyStoreName(zones)];
}

/** The one process that holds custom key stores connected. */
export function keyStoreName(zones: readonly string[]): string {
  return `key-store-${zones[0] ?? 'a'}`;
}

/** The crypto worker of a zone in a region. */
export function workerName(regions: readonly string[], region: string, zone: string): string {
  return region === regions[0] ? `crypto-worker-${zone}` : `crypto-worker-${region}-${zone}`;
}

/**
 * Gives every name a port: the remembered one while it is free, else another.
 * The shared HTTPS port is what the user asked for (then it must be free), else the remembered or the default one, else any; gRPC takes the next one.
 * @throws Error one line, when the port asked for is taken
 */
export async function assignPorts(
  names: readonly string[],
  remembered: Readonly<Record<string, number>>,
  asked: number | undefined,
): Promise<Record<string, number>> {
  const https = await sharedHttps(remembered['shared.https'], asked);
  const grpc = await sharedGrpc(https, remembered['shared.grpc']);
  const ports: Record<string, number> = { 'shared.https': https, 'shared.grpc': grpc };
  const missing: string[] = [];
  for (const name of names) {
    const port = remembered[name];
    if (port !== undefined && !Object.values(ports).includes(port) && (await isPortFree(port))) ports[name] = port;
    else missing.push(name);
  }
  const fresh = await freePorts(missing.length, new Set(Object.values(ports)));
  for (const [i, name] of missing.entries()) ports[name] = fresh[i] ?? 0;
  return ports;
}

async function sharedHttps(remembered: number | undefined, asked: number | undefined): Promise<number> {
  if (asked !== undefined) {
    if (await isPortFree(asked)) return asked;
    throw new Error(`port ${String(asked)} is taken by another program: choose one with --port`);
  }
  for (const port of [remembered, DEFAULT_HTTPS_PORT]) if (port !== undefined && (await isPortFree(port))) return port;
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
}

async function sharedGrpc(https: number, remembered: number | undefined): Promise<number> {
  for (const port of [https + 1, remembered]) {
    if (port !== undefined && port !== https && port <= HIGHEST_PORT && (await isPortFree(port))) return port;
  }
  const [port] = await freePorts(1, new Set([https]));
  if (port === undefined) throw new Error('no free port');
  return port;
}
