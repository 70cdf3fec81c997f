import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { openTlsIdentity, silentLogger } from '@trent/bootstrap';
import { makeTestDeployment } from '@trent/bootstrap/testing';
import { pooledRandom } from '@trent/identifiers';
import type { HttpFace } from '../src/http/answer-request.ts';
import { makeRoutes } from '../src/http/routes.ts';
import { startHttpServer } from '../src/http/server.ts';
import { RequestMeter } from '../src/request-meter.ts';

const listen = [{ host: '127.0.0.1', port: 0, shared: false }];
const random = pooledRandom((target) => crypto.getRandomValues(target));

async function openServer() {
  const deployment = await makeTestDeployment();
  const runtime = await deployment.runtime('gateway');
  const files = await deployment.pki.write(deployment.folder, 'edge', 'spiffe://trent/service/gateway');
  const tls = openTlsIdentity(files, { trustDomain: 'trent', log: silentLogger() });
  const face: HttpFace = {
    routes: makeRoutes(new Map()),
    regions: [],
    handle: () => Promise.reject(new Error('nothing is asked')),
    meter: new RequestMeter(runtime.metrics, silentLogger()),
    clock: () => performance.now(),
  };
  const server = await startHttpServer(runtime, {
    listen,
    tls,
    face,
    random,
    limits: { headersMs: 300, requestMs: 600, checkEveryMs: 50, maxConnections: 3 },
  });
  const port = server.ports[0] ?? 0;
  const connect = async (): Promise<TLSSocket> => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: deployment.pki.ca });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  return {
    deployment,
    runtime,
    files,
    tls,
    port,
    connect,
    [Symbol.asyncDispose]: async () => {
      tls.close();
      face.meter.close();
      await deployment[Symbol.asyncDispose]();
    },
  };
}

function answerOn(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
  });
}

describe('slow clients', () => {
  test.each([
    ['says nothing', ''],
    ['does not end its headers', 'POST / HTTP/1.1\r\nHost: x\r\n'],
    ['does not end its body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'],
  ])('one that %s is cut off', async (_name, bytes) => {
    await using server = await openServer();
    const socket = await server.connect();
    if (bytes !== '') socket.write(bytes);
    expect(await answerOn(socket)).not.toContain('200');
  });

  test('beyond the bound of connections the next is turned away', async () => {
    await using server = await openServer();
    const sockets = [await server.connect(), await server.connect(), await server.connect()];
    const fourth = connectTcp({ host: '127.0.0.1', port: server.port });
    fourth.on('error', () => undefined);
    await once(fourth, 'close');
    for (const socket of sockets) socket.destroy();
  });
});

describe('the certificate', () => {
  test('follows its files while the server runs', async () => {
    await using server = await openServer();
    const before = await server.connect();
    const first = before.getPeerCertificate().serialNumber;
    before.destroy();
    const { cert, key } = await server.deployment.pki.issue('spiffe://trent/service/gateway');
    writeFileSync(server.files.cert, cert);
    writeFileSync(server.files.key, key);
    expect(server.tls.reload()).toBe(true);
    const after = await server.connect();
    expect(after.getPeerCertificate().serialNumber).not.toBe(first);
    after.destroy();
  });
});

describe('draining', () => {
  test('answers what is under way and then ends its connection', async () => {
    await using server = await openServer();
    const socket = await server.connect();
    const answer = answerOn(socket);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
    await new Promise((resolve) => setTimeout(resolve, 50)); // until the server has read it
    const drained = server.runtime.drain();
    socket.write('}');
    expect(await answer).toMatch(/^HTTP\/1\.1 400 [^]*Connection: close/);
    expect(await drained).toBe(true);
  });

  test('closes idle connections and ends', async () => {
    await using server = await openServer();
    const socket = await server.connect();
    socket.write('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    expect(await server.runtime.drain()).toBe(true);
    await closed;
  });
});

describe('HTTP/2', () => {
  test('is what a client gets that prefers it', async () => {
    await using server = await openServer();
    const session = connectHttp2(`https://127.0.0.1:${String(server.port)}`, { ca: server.deployment.pki.ca });
    const stream = session.request({ ':path': '/ping' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect([session.alpnProtocol, headers[':status']]).toEqual(['h2', 200]);
    session.destroy();
  });

  test('a request that does not come to its end is cut off, alone', async () => {
    await using server = await openServer();
    const session = connectHttp2(`https://127.0.0.1:${String(server.port)}`, { ca: server.deployment.pki.ca });
    const slow = session.request({ ':method': 'POST', ':path': '/' });
    slow.on('error', () => undefined);
    slow.write('{');
    await once(slow, 'close');
    const quick = session.request({ ':path': '/ping' });
    const [headers] = (await once(quick, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    session.destroy();
  });

  test('draining ends its connections', async () => {
    await using server = await openServer();
    const session = connectHttp2(`https://127.0.0.1:${String(server.port)}`, { ca: server.deployment.pki.ca });
    const stream = session.request({ ':path': '/ping' }).resume();
    await once(stream, 'end');
    const closed = once(session, 'close');
    expect(await server.runtime.drain()).toBe(true);
    await closed;
  });
});
