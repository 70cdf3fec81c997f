import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { tlsDetailsJson } from '@trent/audit-record';

import type { Origin } from '../ask.ts';
import { hostOf } from './http2.ts';

/** KMS needs less than 1 MiB (kms-api §12.1). */
export const MAX_BODY_BYTES = 1024 * 1024;
/** A body up to here is read to its end and dropped, so that the client reads the answer instead of a broken connection. */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;

const NO_BODY = Buffer.alloc(0);

/** What is told of a request's body: all of it, or that it is too large. */
export type BodyReader = (exchange: Exchange, body: Buffer | undefined) => void;

interface Carrier extends IncomingMessage {
  trentExchange?: Exchange;
}

/**
 * One HTTP request and its answer. Listeners are shared functions that find the exchange on the request, not closures: at 8,000 requests a
 * second what is not allocated is not collected.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly path: string;
  readonly query: string;
  readonly #draining: AbortSignal;
  readonly #onBody: BodyReader;
  #first: Buffer | undefined = undefined;
  #more: Buffer[] | undefined = undefined;
  #bytes = 0;
  #isAnswered = false;

  /** @param draining aborts when the process drains: then the connection ends with the answer */
  constructor(request: IncomingMessage, response: ServerResponse, requestId: string, draining: AbortSignal, onBody: BodyReader) {
    this.#draining = draining;
    this.request = request;
    this.response = response;
    this.requestId = requestId;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.#onBody = onBody;
  }

  /** Reads the body as one buffer; beyond the limit it is told at once that it is too large, and the rest is dropped. */
  readBody(): void {
    const { request } = this;
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > MAX_BODY_BYTES) {
      if (length > MAX_DROPPED_BYTES) this.closeAfter();
      this.#onBody(this, undefined);
      request.resume();
      return;
    }
    (request as Carrier).trentExchange = this;
    request.on('data', onData);
    request.on('end', onEnd);
  }

  /** The connection ends with the answer. */
  closeAfter(): void {
    this.response.shouldKeepAlive = false;
  }

  /** Answers once; nothing is done when the client has gone. */
  answer(status: number, headers: string[], body: string): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    if (this.#draining.aborted) this.closeAfter();
    headers.push('Content-Length', String(Buffer.byteLength(body)));
    this.response.writeHead(status, headers);
    this.response.end(body);
  }

  data(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY_BYTES) {
      if (this.#bytes > MAX_DROPPED_BYTES) this.request.destroy();
      else if (this.#bytes - chunk.length <= MAX_BODY_BYTES) this.#onBody(this, undefined);
      return;
    }
    if (this.#first === undefined) this.#first = chunk;
    else (this.#more ??= [this.#first]).push(chunk);
  }

  end(): void {
    if (this.#bytes > MAX_BODY_BYTES) return;
    this.#onBody(this, this.#more === undefined ? (this.#first ?? NO_BODY) : Buffer.concat(this.#more));
  }
}

function onData(this: IncomingMessage, chunk: Buffer): void {
  (this as Carrier).trentExchange?.data(chunk);
}

function onEnd(this: IncomingMessage): void {
  (this as Carrier).trentExchange?.end();
}

/** What belongs to a connection. */
type ConnectionOrigin = Pick<Origin, 'sourceIp' | 'tlsDetails'>;

const origins = new WeakMap<object, ConnectionOrigin>();

/** Where the request comes from; what belongs to the connection is asked of TLS once. */
export function originOf(request: IncomingMessage): Origin {
  const { headers, socket } = request;
  let origin = origins.get(socket);
  if (origin === undefined) {
    origin = connectionOrigin(socket, hostOf(request));
    origins.set(socket, origin);
  }
  return { sourceIp: origin.sourceIp, userAgent: headers['user-agent'] ?? '', tlsDetails: origin.tlsDetails };
}

function connectionOrigin(socket: Socket, host: string): ConnectionOrigin {
  const sourceIp = plainAddress(socket.remoteAddress ?? '');
  if (!(socket instanceof TLSSocket)) return { sourceIp, tlsDetails: undefined };
  const { standardName } = socket.getCipher();
  const details = { tlsVersion: socket.getProtocol() ?? '', cipherSuite: standardName, clientProvidedHostHeader: host };
  return { sourceIp, tlsDetails: tlsDetailsJson(details) };
}

/** An IPv4 address that a dual-stack socket shows as IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
