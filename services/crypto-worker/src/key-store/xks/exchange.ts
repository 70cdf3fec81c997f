import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { mayConnect } from './addresses.ts';
import type { RawAnswer } from './answers.ts';
import { XksFailure, type XksFailureKind } from './failure.ts';
import type { XksRoute } from './routes.ts';

/** Longest body of an answer: Base64 of 4,300 bytes and the rest beside it, many times over. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** An idle connection is closed before most servers close it on us. */
const IDLE_MS = 30_000;
/** Errors of a kept connection that the proxy had closed before it saw the request. */
const STALE = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNABORTED']);

/** Whom the egress trusts, and as whom it speaks. PEM. */
export interface XksTls {
  /** Authorities of proxies; Node's own list when absent. */
  readonly ca?: string;
  /** Client certificate and its key, for proxies that ask for one (mTLS). */
  readonly certificate?: string;
  readonly key?: string;
}

/** What is sent. */
export interface XksRequest {
  readonly path: string;
  /** In turn name and value. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** How far a request has come: the failure's name depends on it. */
interface Progress {
  stage: 'connecting' | 'handshake' | 'open';
}

/** The kept connections to one proxy: TLS 1.2 or newer, certificate and name checked, at most so many at once. */
export function openAgent(route: XksRoute, tls: XksTls, maxSockets: number): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    timeout: IDLE_MS,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    servername: route.host,
    rejectUnauthorized: true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate, key: tls.key }),
    ...(route.address === undefined ? { lookup: guardedLookup(route.reach) } : {}),
  });
}

/**
 * One request and its whole answer within `timeoutMs`, connection and handshake included. Redirects are answers like any other; a request that a
 * kept connection lost unread is sent once more, which changes nothing at a proxy.
 * @throws XksFailure
 */
export async function exchange(agent: Agent, route: XksRoute, request: XksRequest, timeoutMs: number): Promise<RawAnswer> {
  const end = performance.now() + timeoutMs;
  try {
    return await once(agent, route, request, timeoutMs);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return once(agent, route, request, Math.max(1, end - performance.now()));
  }
}

/** A kept connection that was closed at the other end as the request went out. */
class StaleConnection extends XksFailure {
  constructor(cause: unknown) {
    super('Unreachable', '', cause);
  }
}

function once(agent: Agent, route: XksRoute, { path, rawHeaders, body }: XksRequest, timeoutMs: number): Promise<RawAnswer> {
  return new Promise<RawAnswer>((settle, reject) => {
    const progress: Progress = { stage: 'connecting' };
    const request = httpsRequest({
      agent,
      method: 'POST',
      host: route.address ?? route.host,
      port: route.port,
      path,
      headers: [...rawHeaders, 'Content-Length', String(Buffer.byteLength(body))],
      setDefaultHeaders: false,
    });
    const timer = setTimeout(
      () => request.destroy(new XksFailure(progress.stage === 'connecting' ? 'Unreachable' : 'TimedOut')),
      timeoutMs,
    );
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    request.once('socket', (socket) => followProgress(socket, progress));
    request.once('error', (error) => finish(() => reject(failureOf(error, progress, request))));
    request.once('response', (response) => {
      collect(response).then(
        (answer) => finish(() => settle(answer)),
        (error: unknown) => {
          request.destroy();
          finish(() => reject(failureOf(error, { stage: 'open' })));
        },
      );
    });
    request.end(body);
  });
}

function followProgress(socket: Socket, progress: Progress): void {
  if (!socket.connecting && !('encrypted' in socket && 'secureConnecting' in socket && socket.secureConnecting === true)) {
    progress.stage = 'open';
    return;
  }
  socket.once('connect', () => (progress.stage = 'handshake'));
  socket.once('secureConnect', () => (progress.stage = 'open'));
}

async function collect(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new XksFailure('MalformedResponse');
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) };
}

function failureOf(error: unknown, { stage }: Progress, request?: ClientRequest): XksFailure {
  if (error instanceof XksFailure) return error;
  const code = codeOf(error);
  if (code.startsWith('HPE_')) return new XksFailure('MalformedResponse', '', error);
  if (code === FORBIDDEN) return new XksFailure('NotAllowed', '', error);
  if (request?.reusedSocket === true && STALE.has(code)) return new StaleConnection(error);
  const kinds: Record<Progress['stage'], XksFailureKind> = { connecting: 'Unreachable', handshake: 'TlsFailed', open: 'Unreachable' };
  return new XksFailure(kinds[stage], '', error);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

const FORBIDDEN = 'ERR_XKS_FORBIDDEN_ADDRESS';

/** Resolves a name and gives the socket only addresses it may connect to: what was checked is what is used, so a name cannot change its mind. */
function guardedLookup(reach: XksRoute['reach']): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const forbidden = error ?? (addresses.every(({ address }) => mayConnect(address, reach)) ? null : forbiddenAddress());
      const [first] = forbidden === null ? addresses : [];
      if (first === undefined) callback(forbidden ?? forbiddenAddress(), '', 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function forbiddenAddress(): NodeJS.ErrnoException {
  return Object.assign(new Error('the name of the proxy resolves to an address that none may have'), { code: FORBIDDEN });
}
