import { createServer } from 'node:http';
import { jsonable } from '../runtime/jsonable.ts';
import { recordCpuProfile } from './cpu-profile.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../listen-address.ts';
import type { ServiceRuntime } from '../runtime/service-runtime.ts';

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Starts the admin server: /livez /readyz /metrics /debug/state /debug/profile?seconds=N. It ends last, so that draining can be watched. */
export async function startAdminServer(runtime: ServiceRuntime, listen: ListenAddress): Promise<{ readonly port: number }> {
  const server = createServer((request, response) => {
    answer(runtime, request).then(
      (result) => respond(response, result),
      (error: unknown) => respond(response, plain(500, String(error))),
    );
  });
  server.requestTimeout = 5_000;
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(listen.port, listen.host, () => resolve(undefined));
  await promise;
  runtime.onDrain('admin server', () => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port };
}

async function answer(runtime: ServiceRuntime, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://admin');
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET alone');
  switch (url.pathname) {
    case '/livez':
      return plain(200, 'ok');
    case '/readyz':
      return readiness(runtime.notReady(), runtime.remarks());
    case '/metrics': {
      const { contentType, text } = await runtime.metrics.render();
      return { status: 200, contentType, text };
    }
    case '/debug/state':
      return json(200, runtime.state());
    case '/debug/profile':
      return profile(url.searchParams.get('seconds') ?? '10');
    default:
      return plain(404, 'try /livez /readyz /metrics /debug/state /debug/profile?seconds=10');
  }
}

function readiness(reasons: Readonly<Record<string, string>>, remarks: Readonly<Record<string, string>>): Answer {
  const ready = Object.keys(reasons).length === 0;
  return json(ready ? 200 : 503, Object.keys(remarks).length === 0 ? { ready, reasons } : { ready, reasons, remarks });
}

/** Longest profile: a minute of samples is some tens of megabytes. */
const MAX_PROFILE_SECONDS = 60;

async function profile(text: string): Promise<Answer> {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MAX_PROFILE_SECONDS)) return plain(400, `seconds: a number up to ${MAX_PROFILE_SECONDS}`);
  return { status: 200, contentType: 'application/json', text: await recordCpuProfile(seconds * 1000) };
}

function plain(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', text: `${text}\n` };
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', text: `${JSON.stringify(value, jsonable, 2)}\n` };
}

function respond(response: ServerResponse, result: Answer): void {
  response.writeHead(result.status, { 'content-type': result.contentType, 'cache-control': 'no-store' }).end(result.text);
}
