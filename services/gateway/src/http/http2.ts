import { createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** ALPN (RFC 7301): what a TLS server offers, the preferred one first. */
export const ALPN_PROTOCOLS = ['h2', 'http/1.1'];

export interface Http2Limits {
  /** A request has so long from its headers to its end. */
  readonly requestMs: number;
  /** A connection without requests. */
  readonly idleMs: number;
  readonly maxHeaderBytes: number;
}

/** The connections that speak HTTP/2. */
export interface Http2Connections {
  /** Takes no more requests; each ends with its last answer. */
  close(): void;
  /** Ends them now. */
  destroy(): void;
}

/** Requests of one connection at a time (RFC 9113 §5.1.2); a pool of HTTP/1.1 connections has fewer. */
const MAX_STREAMS = 128;
/** Requests that a client may withdraw in vain before its connection ends (CVE-2023-44487). */
const STREAM_RESETS = { burst: 200, aSecond: 20 };
/** Memory of one connection, MiB. */
const MAX_SESSION_MIB = 10;

/**
 * Serves HTTP/2 (RFC 9113) on the connections of an HTTPS server that asked for it by ALPN; HTTP/1.1 stays with the server itself.
 * @param onRequest the server's own handler: an HTTP/2 request has HTTP/1.1's interface (Node's compatibility layer)
 */
export function serveHttp2(
  server: Server,
  limits: Http2Limits,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Http2Connections {
  const sessions = new Set<ServerHttp2Session>();
  const http2 = createServer({
    maxSessionMemory: MAX_SESSION_MIB,
    streamResetBurst: STREAM_RESETS.burst,
    streamResetRate: STREAM_RESETS.aSecond,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: limits.maxHeaderBytes, enablePush: false },
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setTimeout(limits.idleMs, () => session.close());
    session.on('error', () => session.destroy());
  });
  http2.on('sessionError', () => undefined);
  http2.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    const slow = setTimeout(() => request.stream.close(), limits.requestMs);
    request.stream.once('close', () => clearTimeout(slow));
    request.stream.on('error', () => undefined);
    onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  const [http1, ...others] = server.listeners('secureConnection');
  if (http1 === undefined || others.length > 0) throw new Error('the HTTPS server has not the one listener it had in Node 24');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket);
    else http1.call(server, socket);
  });
  return {
    close: () => sessions.forEach((session) => session.close()),
    destroy: () => sessions.forEach((session) => session.destroy()),
  };
}

/** The headers as HTTP/1.1 would have them: what HTTP/2 says in `:authority` was signed as `host`. */
export function plainHeaders(request: IncomingMessage): readonly string[] {
  const { rawHeaders } = request;
  if (request.httpVersionMajor < 2) return rawHeaders;
  const plain: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (name === ':authority' && request.headers.host === undefined) plain.push('host', value);
    else if (!name.startsWith(':')) plain.push(name, value);
  }
  return plain;
}

/** The host that the client asked for. */
export function hostOf({ headers }: IncomingMessage): string {
  const authority = headers[':authority'];
  return headers.host ?? (typeof authority === 'string' ? authority : '');
}
