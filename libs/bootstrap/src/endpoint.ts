import { formatHostPort, parseHostPort } from './listen-address.ts';
import type { HostPort } from './listen-address.ts';

/** One replica of a service, or a name that stands for all of them. */
export interface Endpoint extends HostPort {
  /** Set where a process serves one region alone (crypto-worker). */
  readonly region?: string;
  /** Zone of the replica; empty when unknown. */
  readonly zone: string;
  /** `host` is a name whose addresses are the replicas; whoever connects resolves it, again and again. */
  readonly dns?: true;
}

const ENDPOINT = /^(?:([a-z0-9-]+)\/)?(?:([A-Za-z0-9-]+)=)?(dns:)?(.+)$/;

/** Reads a list of `a=host:port`, `us-east-1/a=host:port`, `dns:host:port`, `a=dns:host:port`; undefined when a part does not fit. */
export function parseEndpoints(text: string): readonly Endpoint[] | undefined {
  const found: Endpoint[] = [];
  for (const part of text.split(',')) {
    const endpoint = parseEndpoint(part.trim());
    if (endpoint === undefined) return undefined;
    found.push(endpoint);
  }
  return found;
}

function parseEndpoint(text: string): Endpoint | undefined {
  const [, region, zone, dns, rest = ''] = ENDPOINT.exec(text) ?? [];
  const address = parseHostPort(rest);
  // A replica has a zone; a name may leave it open, since its addresses may be in any.
  if (address === undefined || address.port === 0 || (zone === undefined && dns === undefined)) return undefined;
  return { ...(region !== undefined && { region }), zone: zone ?? '', ...address, ...(dns !== undefined && { dns: true }) };
}

/** The replicas that serve a region: those that name it and those that name none. */
export function endpointsOf(all: readonly Endpoint[], region: string): readonly Endpoint[] {
  return all.filter((endpoint) => endpoint.region === undefined || endpoint.region === region);
}

/** Name of an endpoint in maps, logs and metrics. */
export function endpointName(endpoint: HostPort): string {
  return formatHostPort(endpoint);
}
