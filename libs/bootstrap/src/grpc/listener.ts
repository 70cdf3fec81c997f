import { createServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { ListenAddress } from '../listen-address.ts';

/** Sockets that are accepted and wait in the kernel: a burst of reconnecting clients after a restart fits. */
const BACKLOG = 1024;

/** Listens on an address and hands over every connection. `shared` sets SO_REUSEPORT, for which grpc-js has no option of its own. */
export async function listen(address: ListenAddress, maxConnections: number, accept: (socket: Socket) => void): Promise<NetServer> {
  const server = createServer({ noDelay: true }, accept);
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ host: address.host, port: address.port, backlog: BACKLOG, reusePort: address.shared }, () => resolve(undefined));
  await promise;
  server.removeListener('error', reject);
  return server;
}

/** The port that a server got. */
export function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port;
}
