import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { defineEvents, type ListenAddress, type ServiceRuntime, type TlsIdentity } from '@trent/bootstrap';
import { newRequestId, type RandomBytes } from '@trent/identifiers';

import { answerRequest, type HttpFace } from './answer-request.ts';
import { Exchange } from './exchange.ts';
import { answerHealth, isHealthQuestion } from './health.ts';
import { ALPN_PROTOCOLS, serveHttp2, type Http2Connections } from './http2.ts';

export interface HttpServerOptions {
  readonly listen: readonly ListenAddress[];
  readonly tls: TlsIdentity;
  readonly face: HttpFace;
  readonly random: RandomBytes;
  /** Time limits, where a test wants others. */
  readonly limits?: Partial<Limits>;
}

interface Limits {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly checkEveryMs: number;
  readonly maxConnections: number;
}

/** A running HTTPS server; it ends with the runtime's drain. */
export interface HttpServer {
  /** Ports in the order of the addresses. */
  readonly ports: readonly number[];
}

const events = defineEvents({ listening: 'https.listening' });

const LIMITS: Limits = {
  /** Clients send a few hundred bytes of headers in one go; a slow one holds a connection, no more. */
  headersMs: 10_000,
  /** A megabyte over a bad line. */
  requestMs: 20_000,
  checkEveryMs: 2_000,
  /** Some 50 kB each with TLS. */
  maxConnections: 10_000,
};
/** Clients' pools keep connections for a minute; who closes first breaks a request (kms-api §16.1). */
const KEEP_ALIVE_MS = 75_000;
/** Presigned requests carry session tokens in the URL. */
const MAX_HEADER_BYTES = 32 * 1024;
const HANDSHAKE_MS = 10_000;
/** Connections that wait in the kernel: a burst of reconnecting clients after a restart fits. */
const BACKLOG = 1024;
/** Requests under way when draining begins; longer than any of them may take in the ordinary case. */
const FINISH_MS = 7_000;

/**
 * Starts the HTTPS server of the AWS wires: HTTP/1.1 with keep-alive and HTTP/2, TLS 1.2 and up that follows its files, bounds on headers, bodies,
 * connections and slowness. Draining closes idle connections, answers what is under way and closes.
 * @throws {Error} when an address is taken
 */
export async function startHttpServer(runtime: ServiceRuntime, options: HttpServerOptions): Promise<HttpServer> {
  const servers: Endpoint[] = [];
  runtime.onDrain('HTTPS server', () => drain(servers));
  for (const address of options.listen) {
    const endpoint = makeServer(runtime, options);
    await listen(endpoint.server, address);
    servers.push(endpoint);
    runtime.log.info(events.listening, { endpoint: address.host, port: portOf(endpoint.server) });
  }
  return { ports: servers.map(({ server }) => portOf(server)) };
}

function makeServer(runtime: ServiceRuntime, { tls, face, random, limits }: HttpServerOptions): Endpoint {
  const { headersMs, requestMs, checkEveryMs, maxConnections } = { ...LIMITS, ...limits };
  const { cert, key } = tls.current();
  const server = createServer({
    cert,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkEveryMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
    ALPNProtocols: ALPN_PROTOCOLS,
  });
  server.maxConnections = maxConnections;
  const stopFollowing = tls.onChange((material) =>
    server.setSecureContext({ cert: material.cert, key: material.key, minVersion: 'TLSv1.2' }),
  );
  server.once('close', stopFollowing);
  const onBody = (exchange: Exchange, body: Buffer | undefined): void => answerRequest(face, exchange, body);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = new Exchange(request, response, newRequestId(random), runtime.signal, onBody);
    if (isHealthQuestion(request.method, exchange.path, exchange.query)) answerHealth(response, runtime.notReady());
    else exchange.readBody();
  };
  server.on('request', onRequest);
  server.on('clientError', refuse);
  const http2 = serveHttp2(server, { requestMs, idleMs: KEEP_ALIVE_MS, maxHeaderBytes: MAX_HEADER_BYTES }, onRequest);
  return { server, http2 };
}

/** A listening server, and its connections that speak HTTP/2. */
interface Endpoint {
  readonly server: Server;
  readonly http2: Http2Connections;
}

/** What Node's parser could not read, or came too slowly, is answered in one line and the connection ends. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = STATUS_OF[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const STATUS_OF: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

async function listen(server: Server, { host, port, shared }: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ host, port, backlog: BACKLOG, reusePort: shared }, () => resolve(undefined));
  await promise;
  server.removeListener('error', reject);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function drain(servers: readonly Endpoint[]): Promise<void> {
  await Promise.all(
    servers.map(
      ({ server, http2 }) =>
        new Promise<void>((resolve) => {
          const cut = setTimeout(() => {
            server.closeAllConnections();
            http2.destroy();
          }, FINISH_MS);
          server.close(() => {
            clearTimeout(cut);
            resolve();
          });
          server.closeIdleConnections();
          http2.close();
        }),
    ),
  );
}
