import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client, credentials as grpcCredentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { feed, kms, registry } from '@trent/contracts';
import { fail } from '@trent/errors';

import { service as healthDefinition } from 'grpc-health-check';
import {
  bind,
  callerOf,
  clientCredentials,
  fromServiceError,
  openTlsIdentity,
  silentLogger,
  startGrpcServer,
  unary,
} from '../src/index.ts';
import { makeTestDeployment } from './test-runtime.ts';
import { waitUntil } from './wait-until.ts';
import type { ChannelCredentials, ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import type { CallContext, MethodDefinition, ServiceRuntime, TlsIdentity } from '../src/index.ts';
import type { TestDeployment } from './test-runtime.ts';

jest.setTimeout(30_000); // real handshakes, on a machine that may be busy

const anywhere = { host: '127.0.0.1', port: 0, shared: false };
const OPTIONS = { 'grpc.ssl_target_name_override': 'trent.internal', 'grpc.use_local_subchannel_pool': 1 };

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await makeTestDeployment();
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
});

/** One call on a connection of its own. */
function callOnce<Request, Response>(
  port: number,
  credentials: ChannelCredentials,
  method: MethodDefinition<Request, Response>,
  request: Request,
  options: { readonly deadline?: Date } = { deadline: new Date(Date.now() + 5000) },
): Promise<Response> {
  const client = new Client(`127.0.0.1:${String(port)}`, credentials, OPTIONS);
  return new Promise<Response>((resolve, reject) => {
    const answer = (error: ServiceError | null, response?: Response): void => {
      client.close();
      if (error === null) resolve(response as Response);
      else reject(error);
    };
    client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, new Metadata(), options, answer);
  });
}

const { renew } = feed.FeedServiceService;
const aRenewal = (name = 'keys.us-east-1'): feed.RenewRequest => feed.RenewRequest.create({ name, follower: 'policy-a' });

type Renew = (request: feed.RenewRequest, call: CallContext) => feed.RenewResponse | Promise<feed.RenewResponse>;

async function serveFeed(
  handle: Renew = () => feed.RenewResponse.create({ head: 5n }),
): Promise<{ port: number; runtime: ServiceRuntime; policy: TlsIdentity }> {
  const runtime = await deployment.runtime('key-metadata');
  const { ports } = await startGrpcServer(runtime, {
    listen: [anywhere],
    bindings: [bind(feed.FeedServiceService, { renew: unary(handle) })],
  });
  return { port: ports[0]!, runtime, policy: await deployment.identity('spiffe://trent/service/policy') };
}

describe('an internal gRPC server', () => {
  test('answers a caller that the table of peers lists, and knows who it is', async () => {
    let seen: CallContext | undefined;
    const { port, policy } = await serveFeed((_request, call) => {
      seen = call;
      return feed.RenewResponse.create({ head: 7n });
    });
    await expect(callOnce(port, clientCredentials(policy, 'key-metadata'), renew, aRenewal())).resolves.toMatchObject({ head: 7n });
    expect(seen?.caller).toEqual({ kind: 'service', service: 'policy', spiffeId: 'spiffe://trent/service/policy' });
    expect((seen?.deadline ?? 0) - performance.now()).toBeGreaterThan(3000);
    expect(seen?.path).toBe(renew.path);
  });

  test.each([
    'spiffe://trent/service/gateway',
    'spiffe://trent/operator/eve',
    'spiffe://other/service/policy',
    'spiffe://trent/account/111122223333/root',
  ])('refuses %s, which the table does not list, and counts it', async (spiffeId) => {
    const { port, runtime } = await serveFeed();
    const identity = await deployment.identity(spiffeId);
    const error = callOnce(port, clientCredentials(identity, 'key-metadata'), renew, aRenewal());
    await expect(error).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    expect((await runtime.metrics.render()).text).toMatch(/trent_grpc_denied_total\{service="trent.feed.v1.FeedService",caller="\S+"\} 1/);
  });

  test('takes no connection without a certificate, nor with one of another CA', async () => {
    const { port } = await serveFeed();
    const ca = Buffer.from(deployment.pki.ca);
    await expect(
      callOnce(port, grpcCredentials.createSsl(ca, null, null, { checkServerIdentity: () => undefined }), renew, aRenewal()),
    ).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    await using foreign = await makeTestDeployment();
    const { cert, key } = await foreign.pki.issue('spiffe://trent/service/policy');
    const stranger = grpcCredentials.createSsl(ca, Buffer.from(key), Buffer.from(cert), { checkServerIdentity: () => undefined });
    await expect(callOnce(port, stranger, renew, aRenewal())).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('is not talked to when it is another service than expected', async () => {
    const { port, policy } = await serveFeed();
    const error = callOnce(port, clientCredentials(policy, 'crypto-worker'), renew, aRenewal());
    await expect(error).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringContaining('expected spiffe://trent/service/crypto-worker'),
    });
  });

  test('sends errors as they were thrown, and defects without their text', async () => {
    const { port, policy } = await serveFeed((request) => {
      if (request.name === 'defect') throw new Error('password is hunter2');
      return fail('DisabledException', 'arn is disabled', { details: { member: 'KeyId' } });
    });
    const credentials = clientCredentials(policy, 'key-metadata');
    const thrown: unknown = await callOnce(port, credentials, renew, aRenewal()).catch((error: unknown) => error);
    expect(fromServiceError(thrown)).toMatchObject({ code: 'DisabledException', message: 'arn is disabled', details: { member: 'KeyId' } });
    const defect: unknown = await callOnce(port, credentials, renew, aRenewal('defect')).catch((error: unknown) => error);
    expect(fromServiceError(defect)).toMatchObject({ code: 'KMSInternalException', message: '' });
    expect((defect as ServiceError).details).not.toContain('hunter2');
  });

  test('ends a call at its deadline, and the handler hears of it', async () => {
    let signal: AbortSignal | undefined;
    const { port, policy } = await serveFeed((_request, call) => {
      signal = call.signal;
      return new Promise(() => undefined);
    });
    const call = callOnce(port, clientCredentials(policy, 'key-metadata'), renew, aRenewal(), { deadline: new Date(Date.now() + 100) });
    await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await waitUntil('the handler hears', 2000, () => signal?.aborted === true || 'not yet');
  });

  test('refuses a message that is too long', async () => {
    const { port, policy } = await serveFeed();
    const call = callOnce(port, clientCredentials(policy, 'key-metadata'), renew, aRenewal('x'.repeat(5 * 1024 * 1024)));
    await expect(call).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test('does not start with a service that the table lacks', async () => {
    const runtime = await deployment.runtime('key-metadata');
    const definition = { use: { ...renew, path: '/trent.unknown.v1.UnknownService/Use' } };
    const start = startGrpcServer(runtime, {
      listen: [anywhere],
      bindings: [bind(definition, { use: unary(() => feed.RenewResponse.create()) })],
    });
    await expect(start).rejects.toThrow('trent.unknown.v1.UnknownService is not in the table of peers');
  });

  test('says by name that an address is taken', async () => {
    const { port } = await serveFeed();
    const runtime = await deployment.runtime('key-metadata');
    await expect(startGrpcServer(runtime, { listen: [{ ...anywhere, port }], bindings: [] })).rejects.toThrow(`EADDRINUSE`);
  });
});

describe('certificates that change while a server runs', () => {
  test('new connections see the new one on both sides, and the server is not restarted', async () => {
    const serverFiles = await deployment.files('key-metadata');
    const clientFiles = await deployment.files('policy');
    const identity = openTlsIdentity(serverFiles, { trustDomain: 'trent', log: silentLogger() });
    const client = openTlsIdentity(clientFiles, { trustDomain: 'trent', log: silentLogger() });
    const runtime = { ...(await deployment.runtime('key-metadata')), tls: identity };
    const { ports } = await startGrpcServer(runtime, {
      listen: [anywhere],
      bindings: [bind(feed.FeedServiceService, { renew: unary(() => feed.RenewResponse.create({ head: 1n })) })],
    });
    const credentials = clientCredentials(client, 'key-metadata');
    await callOnce(ports[0]!, credentials, renew, aRenewal());

    await using next = await makeTestDeployment(); // another CA: without a reload on both sides nothing would connect
    for (const [service, files, loaded] of [
      ['key-metadata', serverFiles, identity],
      ['policy', clientFiles, client],
    ] as const) {
      const fresh = await next.files(service);
      for (const part of ['cert', 'key', 'ca'] as const) copyFileSync(fresh[part], files[part]);
      expect(loaded.reload()).toBe(true);
    }
    await callOnce(ports[0]!, credentials, renew, aRenewal());
    const old = clientCredentials(await deployment.identity('spiffe://trent/service/policy'), 'key-metadata');
    await expect(callOnce(ports[0]!, old, renew, aRenewal())).rejects.toMatchObject({ code: status.UNAVAILABLE });
    identity.close();
    client.close();
  });
});

describe('health and reflection', () => {
  const check =
    (healthDefinition as unknown as Record<string, MethodDefinition<object, { status: string }>>)['Check'] ?? fail('KMSInternalException');

  test('health follows readiness', async () => {
    const { port, runtime } = await serveFeed();
    const operator = clientCredentials(await deployment.identity('spiffe://trent/operator/alice'), 'key-metadata');
    const health = (service: string): Promise<{ status: string }> => callOnce(port, operator, check, { service });
    await expect(health('')).resolves.toEqual({ status: 'SERVING' });
    await expect(health('trent.feed.v1.FeedService')).resolves.toEqual({ status: 'SERVING' });
    await expect(health('no.such.Service')).rejects.toMatchObject({ code: status.NOT_FOUND });
    let reason: true | string = 'no lease';
    runtime.readiness('feed', () => reason);
    await waitUntil('not serving', 3000, async () => (await health('')).status === 'NOT_SERVING' || 'serving');
    reason = true;
    await waitUntil('serving', 3000, async () => (await health('')).status === 'SERVING' || 'not serving');
  });

  test.each(['v1', 'v1alpha'] as const)('reflection %s lists the services and gives their descriptors', async (version) => {
    const { port } = await serveFeed();
    const operator = clientCredentials(await deployment.identity('spiffe://trent/operator/alice'), 'key-metadata');
    const [services, byMethod, byName, extension, numbers, missing] = await reflect(port, operator, version, [
      { listServices: '*' },
      { fileContainingSymbol: 'trent.feed.v1.FeedService.Renew' },
      { fileByFilename: 'trent/kms/v1/service.proto' },
      { fileContainingExtension: { containingType: 'google.protobuf.MethodOptions', extensionNumber: operationOption.number } },
      { allExtensionNumbersOfType: 'google.protobuf.MethodOptions' },
      { fileContainingSymbol: 'no.such.Symbol' },
    ]);
    expect(services).toMatchObject({ listServicesResponse: { service: [{ name: 'trent.feed.v1.FeedService' }] } });
    expect(filesIn(byMethod)).toEqual(['trent/feed/v1/feed.proto']);
    expect(filesIn(byName)).toEqual(
      expect.arrayContaining(['trent/kms/v1/service.proto', 'trent/options/v1/operation.proto', 'google/protobuf/descriptor.proto']),
    );
    expect(filesIn(extension)[0]).toBe('trent/options/v1/operation.proto');
    expect(numbers).toMatchObject({ allExtensionNumbersResponse: { extensionNumber: expect.arrayContaining([operationOption.number]) } });
    expect(missing).toMatchObject({
      errorResponse: { errorCode: status.NOT_FOUND },
      originalRequest: { fileContainingSymbol: 'no.such.Symbol' },
    });
  });
});

const operationOption = registry.getExtension('trent.options.v1.operation')!;

/** Names of the files in an answer, which must be whole descriptors. */
function filesIn(answer: unknown): string[] {
  const { fileDescriptorResponse } = answer as { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } };
  return fileDescriptorResponse.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

/** Asks as the client of grpc-node's own reflection library would. */
async function reflect(
  port: number,
  credentials: ChannelCredentials,
  version: 'v1' | 'v1alpha',
  requests: readonly object[],
): Promise<unknown[]> {
  const { loadSync } = await import('@grpc/proto-loader');
  const folder = new URL('../proto/grpc/reflection', pathToFileURL(createRequire(import.meta.url).resolve('@grpc/reflection')));
  const loaded = loadPackageDefinition(
    loadSync(fileURLToPath(`${folder.href}/${version}/reflection.proto`), { oneofs: true }),
  ) as unknown as {
    grpc: { reflection: Record<string, { ServerReflection: { service: ServiceDefinition } }> };
  };
  const method = Object.values(loaded.grpc.reflection[version]!.ServerReflection.service)[0] as unknown as MethodDefinition<object, object>;
  const client = new Client(`127.0.0.1:${String(port)}`, credentials, OPTIONS);
  const stream = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  for (const request of requests) stream.write(request);
  stream.end();
  const answers: unknown[] = [];
  for await (const answer of stream) answers.push(answer);
  client.close();
  return answers;
}

describe('the public edge', () => {
  const { encrypt } = kms.KmsServiceService;

  async function serveEdge(
    clientCertificate: 'optional' | 'required',
    shared = false,
    port = 0,
  ): Promise<{ port: number; answer: string }> {
    const runtime = await deployment.runtime('gateway');
    const answer = { text: '' };
    const handlers = Object.fromEntries(
      Object.keys(kms.KmsServiceService).map((name) => [name, unary(() => fail('UnsupportedOperationException'))]),
    ) as unknown as Parameters<typeof bind<typeof kms.KmsServiceService>>[1];
    const { ports } = await startGrpcServer(runtime, {
      listen: [{ host: '127.0.0.1', port, shared }],
      bindings: [
        bind(kms.KmsServiceService, {
          ...handlers,
          encrypt: (call, callback) => {
            const caller = callerOf(call);
            answer.text = caller.kind === 'account' ? caller.account : caller.kind;
            callback(null, kms.EncryptResponse.create({ keyId: answer.text }));
          },
        }),
      ],
      edge: { tls: await deployment.identity('spiffe://trent/service/gateway'), clientCertificate },
    });
    return {
      port: ports[0]!,
      get answer() {
        return answer.text;
      },
    };
  }

  async function ask(port: number, spiffeId: string | undefined): Promise<unknown> {
    const own = spiffeId === undefined ? undefined : await deployment.pki.issue(spiffeId);
    const [key, cert] = own === undefined ? [null, null] : [Buffer.from(own.key), Buffer.from(own.cert)];
    const credentials = grpcCredentials.createSsl(Buffer.from(deployment.pki.ca), key, cert, { checkServerIdentity: () => undefined });
    return callOnce(port, credentials, encrypt, kms.EncryptRequest.create({}));
  }

  test('knows an account by its certificate, and takes callers without one when certificates are optional', async () => {
    const { port } = await serveEdge('optional');
    await expect(ask(port, 'spiffe://trent/account/111122223333/root')).resolves.toMatchObject({ keyId: '111122223333' });
    await expect(ask(port, undefined)).resolves.toMatchObject({ keyId: 'anonymous' });
  });

  test('takes a certificate that claims to be a service for nobody', async () => {
    const { port } = await serveEdge('optional');
    await expect(ask(port, 'spiffe://trent/service/policy')).resolves.toMatchObject({ keyId: 'anonymous' });
  });

  test('takes nobody without a certificate when one is required', async () => {
    const { port } = await serveEdge('required');
    await expect(ask(port, 'spiffe://trent/account/111122223333/root')).resolves.toMatchObject({ keyId: '111122223333' });
    await expect(ask(port, undefined)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('may share its port with other processes', async () => {
    const first = await serveEdge('optional', true);
    const second = await serveEdge('optional', true, first.port);
    for (let calls = 0; calls < 200 && (first.answer === '' || second.answer === ''); calls++) await ask(first.port, undefined);
    expect([first.answer, second.answer]).toEqual(['anonymous', 'anonymous']);
  });
});

describe('draining', () => {
  test('lets a call in progress finish, takes no new connection, and ends', async () => {
    const { promise: finish, resolve: release } = Promise.withResolvers<undefined>();
    const { promise: started, resolve: begin } = Promise.withResolvers<undefined>();
    const { port, runtime, policy } = await serveFeed(async () => {
      begin(undefined);
      await finish;
      return feed.RenewResponse.create({ head: 9n });
    });
    const call = callOnce(port, clientCredentials(policy, 'key-metadata'), renew, aRenewal());
    await started;
    const drained = runtime.drain();
    await waitUntil('no new connection', 2000, () => isRefused(port));
    release(undefined);
    await expect(call).resolves.toMatchObject({ head: 9n });
    await expect(drained).resolves.toBe(true);
  });
});

function isRefused(port: number): Promise<true | string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve('still listening'));
    socket.once('error', () => resolve(true));
    socket.once('close', () => socket.destroy());
    socket.unref();
  });
}
