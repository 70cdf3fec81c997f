import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { makeTestDeployment } from './test-runtime.ts';
import { waitUntil } from './wait-until.ts';
import type { ChildProcess } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import type { TestDeployment } from './test-runtime.ts';

jest.setTimeout(60_000); // a process takes a second to start, many on a busy machine

interface Line {
  readonly event: string;
  readonly port?: number;
  readonly detail?: string;
}

interface Service {
  readonly child: ChildProcess;
  readonly lines: () => Line[];
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
  /** Waits for an event in the log. */
  logged(event: string): Promise<Line>;
}

let deployment: TestDeployment;
let environment: Record<string, string>;
const running: ChildProcess[] = [];

beforeAll(async () => {
  deployment = await makeTestDeployment();
  const { cert, key, ca } = await deployment.files('policy');
  environment = {
    TRENT_SERVICE_INSTANCE: 'policy-a',
    TRENT_ZONE: 'a',
    TRENT_TLS_CERT: cert,
    TRENT_TLS_KEY: key,
    TRENT_TLS_CA: ca,
    TRENT_ADMIN_LISTEN: '127.0.0.1:0',
    TRENT_GRPC_LISTEN: '127.0.0.1:0',
    TRENT_REGIONS: 'us-east-1',
  };
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
});

function start(extra: Record<string, string> = {}, args: readonly string[] = []): Service {
  const program = fileURLToPath(new URL('./service-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { env: { ...environment, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const lines = (): Line[] =>
    out
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
  return {
    child,
    lines,
    stderr: () => err,
    exit: once(child, 'close').then(([code]) => code as number | null),
    logged: async (event) => {
      const find = (): Line | undefined => lines().find((line) => line.event === event);
      await waitUntil(`${event} in the log`, 40_000, () => find() !== undefined || `${out}${err}`);
      return find()!;
    },
  };
}

async function ready(service: Service): Promise<(path: string) => Promise<Response>> {
  const { port } = await service.logged('admin.listening');
  await service.logged('service.ready');
  return (path) => fetch(`http://127.0.0.1:${String(port)}${path}`);
}

describe('a service process', () => {
  test('tells at its admin port that it lives, is ready, what it counts and holds', async () => {
    const get = await ready(start());
    expect((await get('/livez')).status).toBe(200);
    const readiness = await get('/readyz');
    expect([readiness.status, await readiness.json()]).toEqual([200, { ready: true, reasons: {} }]);
    expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total');
    expect(await (await get('/debug/state')).json()).toMatchObject({ views: { held: 3, head: '12', byKind: { key: 2 } } });
    expect((await get('/nothing')).status).toBe(404);
  });

  test('records a CPU profile', async () => {
    const get = await ready(start());
    const profile = (await (await get('/debug/profile?seconds=0.2')).json()) as { nodes: unknown[] };
    expect(profile.nodes.length).toBeGreaterThan(0);
    expect((await get('/debug/profile?seconds=1e9')).status).toBe(400);
  });

  test('writes its state to the log on SIGUSR2', async () => {
    const service = start();
    await ready(service);
    service.child.kill('SIGUSR2');
    expect(JSON.parse((await service.logged('service.state')).detail!)).toMatchObject({ views: { held: 3 } });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('drains and ends with 0 on %s', async (signal) => {
    const service = start();
    await ready(service);
    service.child.kill(signal);
    expect(await service.exit).toBe(0);
    expect(service.lines().map(({ event }) => event)).toEqual(expect.arrayContaining(['service.draining', 'service.stopped']));
  });

  test('is not ready while it drains, and a second signal ends it at once', async () => {
    const service = start({ TRENT_TRACE: 'hangs' });
    const get = await ready(service);
    service.child.kill('SIGTERM');
    await service.logged('service.draining');
    expect((await get('/readyz')).status).toBe(503);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(1);
  });

  test('that can not start says why and ends with 1', async () => {
    const service = start({ TRENT_TRACE: 'fails' });
    expect(await service.exit).toBe(1);
    expect(service.lines().at(-1)).toMatchObject({ event: 'service.failed', 'error.message': 'the database is gone' });
  });

  test('that meets a rejection nobody handles drains and ends with 1', async () => {
    const service = start({ TRENT_TRACE: 'dies' });
    await service.logged('service.failed');
    expect(await service.exit).toBe(1);
  });

  test('exports spans with its resource, also those of its last moment, when an endpoint is set', async () => {
    const bodies: Buffer[] = [];
    const collector = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk));
      request.on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const service = start({ TRENT_TRACE: 'spans', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String(port)}` });
    await ready(service);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    const exported = Buffer.concat(bodies).toString('latin1');
    for (const text of ['Encrypt', 'service.name', 'trent-policy', 'service.instance.id', 'policy-a', 'cloud.availability_zone']) {
      expect(exported).toContain(text);
    }
    collector.close();
  });

  test('with bad variables names each on one line and ends with 78', async () => {
    const service = start({ TRENT_REGIONS: 'somewhere', TRENT_GRPC_LISTEN: 'x', TRENT_GRPC_PORT: '1' });
    expect(await service.exit).toBe(78);
    expect(service.stderr().trimEnd().split('\n')).toEqual([
      'TRENT_REGIONS is "somewhere": expected regions such as us-east-1,eu-west-1, each once',
      'TRENT_GRPC_LISTEN is "x": expected host:port',
      'TRENT_GRPC_PORT is not a variable of this service',
    ]);
  });

  test('prints its configuration when asked', async () => {
    const service = start({}, ['--print-config']);
    let out = '';
    service.child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
    expect(await service.exit).toBe(0);
    expect(out).toContain('TRENT_ZONE=a  # environment\nTRENT_TRUST_DOMAIN=trent  # default\n');
  });
});
