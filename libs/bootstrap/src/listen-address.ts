/** A host (name, IPv4 or IPv6 without brackets) and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where a server listens; port 0 takes a free one. */
export interface ListenAddress extends HostPort {
  /** SO_REUSEPORT: several processes of a machine share the port and the kernel spreads connections over them. */
  readonly shared: boolean;
}

const SHARED = '+shared';
const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;

/** Reads `host:port` or `[v6]:port`; undefined when it is something else. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = HOST_PORT.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65535 ? undefined : { host, port };
}

/** Reads `host:port` with an optional `+shared`. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const shared = text.endsWith(SHARED);
  const address = parseHostPort(shared ? text.slice(0, -SHARED.length) : text);
  return address && { ...address, shared };
}

/** Writes an address as it is read: IPv6 in brackets. */
export function formatHostPort(address: HostPort): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
