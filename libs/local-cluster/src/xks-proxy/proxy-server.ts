import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { authenticate } from './authenticate.ts';
import type { Faults, ProxyFault, ProxyOperation } from './faults.ts';
import type { KeyManager } from './key-manager.ts';
import { answerTo } from './operations.ts';
import { ProxyError } from './proxy-error.ts';
import type { ProxyCredential, ProxyListener, ProxySettings } from './settings.ts';

/** How many requests are remembered for the tests. */
const REMEMBERED = 500;

/** A request as it came, for tests to look at. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly protocol: string;
  /** Of its certificate; empty without one. */
  readonly clientName: string;
}

/** What the listeners of a proxy share. */
export interface ProxyState {
  readonly settings: ProxySettings;
  readonly keys: KeyManager;
  readonly faults: Faults;
  readonly seen: SeenRequest[];
  credentials: readonly ProxyCredential[];
}

/** Starts one listener of the proxy. */
export function listen(state: ProxyState, listener: ProxyListener): Server {
  const { client, maxVersion } = listener;
  const server = createServer(
    {
      key: readFileSync(listener.key),
      cert: readFileSync(listener.certificate),
      ...(maxVersion === undefined ? {} : { maxVersion, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      ...(client === undefined ? {} : { ca: readFileSync(client.ca), requestCert: true, rejectUnauthorized: true }),
    },
    (request, response) => {
      handle(state, listener, request, response).catch((error: unknown) => {
        console.error(error);
        request.socket.destroy();
      });
    },
  );
  server.listen(listener.port, '127.0.0.1');
  return server;
}

async function handle(state: ProxyState, { client }: ProxyListener, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const { clientName, protocol } = peerOf(request);
  if (client !== undefined && clientName !== client.commonName) {
    request.socket.destroy();
    return;
  }
  const text = body.toString('utf8');
  remember(state, { path: request.url ?? '', headers: request.headers, body: text === '' ? null : JSON.parse(text), protocol, clientName });
  if (request.method !== 'POST') {
    send(response, 405, {});
    return;
  }
  try {
    const { operation, keyId } = target(state.settings.uriPath, request.url ?? '');
    authenticate(request, body, state.credentials, state.settings.region, Date.now());
    const fault = state.faults.of(operation);
    if (fault !== undefined && (await misbehave(fault, request, response))) return;
    const answer = answerTo(state.keys, operation, keyId, parse(body));
    send(response, 200, fault?.kind === 'change' ? { ...answer, [fault.member]: fault.value } : answer);
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    send(response, error.status, { errorName: error.errorName, errorMessage: error.message });
  }
}

/** @returns whether the request is dealt with */
async function misbehave(fault: ProxyFault, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'error':
      send(response, fault.status, { errorName: fault.errorName, errorMessage: 'a word of the proxy that no client of KMS may see' });
      return true;
    case 'answer':
      response.writeHead(fault.status, {
        'Content-Type': 'application/json',
        ...(fault.location === undefined ? {} : { Location: fault.location }),
      });
      response.end(fault.text);
      return true;
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms).unref());
      return false;
    case 'close':
      if (fault.when === 'half way')
        response.writeHead(200, { 'Content-Length': '1000' }).write('{"plaintext"', () => request.socket.destroy());
      else request.socket.destroy();
      return true;
    case 'endless':
      pour(response);
      return true;
    case 'change':
      return false;
  }
}

/** Spaces, which JSON allows before a value, for as long as anybody reads. */
function pour(response: ServerResponse): void {
  const write = (): void => {
    while (!response.destroyed && response.write(' '.repeat(16_384)));
  };
  response.on('drain', write);
  write();
}

function target(uriPath: string, path: string): { readonly operation: ProxyOperation; readonly keyId: string } {
  if (path === `${uriPath}/health`) return { operation: 'health', keyId: '' };
  const [, keyId, operation] = /^\/keys\/([a-zA-Z0-9._-]{1,128})\/(metadata|encrypt|decrypt)$/.exec(path.slice(uriPath.length)) ?? [];
  if (!path.startsWith(uriPath) || keyId === undefined) throw new ProxyError('InvalidUriPathException', 'The URI path is not valid.');
  return { operation: operation as ProxyOperation, keyId };
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  const json = JSON.parse(body.toString('utf8')) as {
    readonly requestMetadata?: { readonly kmsRequestId?: unknown; readonly kmsOperation?: unknown };
  };
  const { kmsRequestId, kmsOperation } = json.requestMetadata ?? {};
  if (typeof kmsRequestId !== 'string' || typeof kmsOperation !== 'string')
    throw new ProxyError('ValidationException', 'no requestMetadata');
  return json;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function remember({ seen }: ProxyState, request: SeenRequest): void {
  seen.push(request);
  if (seen.length > REMEMBERED) seen.shift();
}

/** The common name of the client's certificate, empty without one, and the TLS version. */
function peerOf({ socket }: IncomingMessage): { readonly clientName: string; readonly protocol: string } {
  if (!(socket instanceof TLSSocket)) return { clientName: '', protocol: '' };
  const certificate: { readonly subject?: { readonly CN?: string | string[] } } = socket.getPeerCertificate();
  return { clientName: String(certificate.subject?.CN ?? ''), protocol: socket.getProtocol() ?? '' };
}

function send(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(json));
}
