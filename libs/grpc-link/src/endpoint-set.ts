import { lookup } from 'node:dns/promises';
import { endpointName } from '@trent/bootstrap';
import type { Endpoint } from '@trent/bootstrap';

/** How often names are resolved again: a new replica is found about as fast as it becomes ready. */
const RESOLVE_EVERY_MS = 5_000;

/** Resolves a name to addresses. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The replicas as they are now, names resolved. */
export interface EndpointSet {
  current(): readonly Endpoint[];
  close(): void;
}

/**
 * Follows a list of endpoints: addresses are taken as they are, names are resolved now and every 5 s. A name that does not resolve keeps the
 * addresses it had.
 * @param onChange hears the whole set when it has changed, and once at the start
 */
export function followEndpoints(
  listed: readonly Endpoint[],
  onChange: (endpoints: readonly Endpoint[]) => void,
  resolve: Resolve = resolveByDns,
): EndpointSet {
  const fixed = listed.filter((endpoint) => endpoint.dns !== true);
  const named = listed.filter((endpoint) => endpoint.dns === true);
  const found = new Map<Endpoint, readonly Endpoint[]>();
  let current: readonly Endpoint[] = fixed;
  let closed = false;

  const update = (): void => {
    const next = unique([...fixed, ...named.flatMap((name) => found.get(name) ?? [])]);
    if (closed || sameNames(next, current)) return;
    current = next;
    onChange(current);
  };
  const resolveAll = async (): Promise<void> => {
    const resolveOne = async (name: Endpoint): Promise<void> => {
      const hosts = await resolve(name.host);
      found.set(
        name,
        hosts.map((host) => ({ ...(name.region !== undefined && { region: name.region }), zone: name.zone, host, port: name.port })),
      );
    };
    await Promise.allSettled(named.map(resolveOne));
    update();
  };

  onChange(current);
  const timer = named.length === 0 ? undefined : setInterval(() => void resolveAll(), RESOLVE_EVERY_MS).unref();
  if (timer !== undefined) void resolveAll();
  return {
    current: () => current,
    close: () => {
      closed = true;
      clearInterval(timer);
    },
  };
}

async function resolveByDns(host: string): Promise<readonly string[]> {
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address }) => address);
}

function unique(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return [...new Map(endpoints.map((endpoint) => [endpointName(endpoint), endpoint])).values()];
}

function sameNames(left: readonly Endpoint[], right: readonly Endpoint[]): boolean {
  const names = new Set(left.map(endpointName));
  return names.size === right.length && right.every((endpoint) => names.has(endpointName(endpoint)));
}
