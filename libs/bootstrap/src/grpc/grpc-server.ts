import { experimental, Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { bootstrapEvents } from '../log/events.ts';
import { serviceNameOf } from './binding.ts';
import { Connections } from './connections.ts';
import { Guard } from './guard.ts';
import { listen, portOf } from './listener.ts';
import { reflectionOf } from './reflection/reflection.ts';
import type { Server as NetServer } from 'node:net';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ListenAddress } from '../listen-address.ts';
import type { ServiceRuntime } from '../runtime/service-runtime.ts';
import type { TlsIdentity } from '../tls/tls-identity.ts';
import type { ServiceBinding } from './binding.ts';

/** What a gRPC server serves, and to whom. */
export interface GrpcServerOptions {
  readonly listen: readonly ListenAddress[];
  readonly bindings: readonly ServiceBinding[];
  /** The public edge: its own certificate and client CA, any caller; without it the server is internal: mutual TLS and the table of peers. */
  readonly edge?: { readonly tls: TlsIdentity; readonly clientCertificate: 'optional' | 'required' };
  /** Longest message; 4 MiB inside, 1 MiB at the edge. */
  readonly maxMessageBytes?: number;
  /** Most connections; 10,000. */
  readonly maxConnections?: number;
}

/** A running gRPC server; it ends with the runtime's drain. */
export interface GrpcServer {
  /** Ports in the order of the addresses. */
  readonly ports: readonly number[];
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_EDGE_MESSAGE_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 10_000;
/** Streams of one connection; more is a client that does not wait for answers. */
const MAX_CONCURRENT_STREAMS = 1024;
/** A peer that vanished without a word is found within 30 s. */
const KEEPALIVE_MS = 20_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
/** How long calls in progress may take when draining: less than the whole drain, so that later steps get their turn. */
const FINISH_MS = 7_000;

/**
 * Starts a gRPC server: TLS that follows its files, callers by SPIFFE id against the table of peers (internal), health, reflection, errors as
 * status details. Draining says NOT_SERVING, takes no more connections, waits for calls in progress and closes.
 * @throws {Error} when an address is taken, or a service is not in the table of peers
 */
export async function startGrpcServer(runtime: ServiceRuntime, options: GrpcServerOptions): Promise<GrpcServer> {
  const edge = options.edge !== undefined;
  const tls = options.edge?.tls ?? runtime.tls;
  const connections = new Connections(tls.trustDomain, edge ? ['account'] : ['service', 'operator']);
  const guard = new Guard(runtime, connections, edge);
  const server = makeServer(options.maxMessageBytes ?? (edge ? MAX_EDGE_MESSAGE_BYTES : MAX_MESSAGE_BYTES));
  const stopServing = followReadiness(runtime, addServices(server, guard, options.bindings));
  const credentials = experimental.createCertificateProviderServerCredentials(
    tls.provider,
    tls.provider,
    options.edge?.clientCertificate !== 'optional',
  );
  const injector = server.createConnectionInjector(credentials);
  await new Promise((resolve) => setImmediate(resolve)); // the provider answers in the next turn
  const listeners: NetServer[] = [];
  runtime.onDrain('gRPC server', () => {
    stopServing();
    return stop(server, listeners, guard, connections);
  });
  for (const address of options.listen) {
    const listener = await listen(address, options.maxConnections ?? MAX_CONNECTIONS, (socket) => {
      connections.add(socket);
      injector.injectConnection(socket);
    });
    listeners.push(listener);
    runtime.log.info(bootstrapEvents.grpcListening, { endpoint: address.host, port: portOf(listener) });
  }
  const name = edge ? 'edge' : 'internal';
  runtime.debugState(`grpc ${name}`, () => ({ connections: connections.size, activeCalls: guard.active }));
  return { ports: listeners.map(portOf) };
}

/** Says of every service of the server whether it takes requests. */
type SetServing = (serving: boolean) => void;

/** Health follows readiness at this pace. */
const HEALTH_EVERY_MS = 250;

function followReadiness(runtime: ServiceRuntime, setServing: SetServing): () => void {
  let last: boolean | undefined;
  const look = (): void => {
    const ready = runtime.isReady();
    if (ready !== last) setServing(ready);
    last = ready;
  };
  look();
  const timer = setInterval(look, HEALTH_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    setServing(false);
  };
}

function makeServer(maxMessageBytes: number): Server {
  return new Server({
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  });
}

function addServices(server: Server, guard: Guard, bindings: readonly ServiceBinding[]): SetServing {
  const guarded = {
    addService: (definition: ServiceDefinition, implementation: UntypedServiceImplementation): void =>
      server.addService(definition, guard.guard(definition, implementation)),
  };
  for (const { definition, implementation } of bindings) guarded.addService(definition, implementation);
  const names = bindings.map(({ definition }) => serviceNameOf(definition));
  const health = new HealthImplementation();
  health.addToServer(guarded);
  for (const { definition, implementation } of reflectionOf(names)) guarded.addService(definition, implementation);
  return (serving) => {
    for (const name of ['', ...names]) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
}

async function stop(server: Server, listeners: readonly NetServer[], guard: Guard, connections: Connections): Promise<void> {
  for (const listener of listeners) listener.close();
  // GOAWAY on every connection. It does not wait for open calls: Node's server closes the sessions first, and grpc-js takes closed for ended.
  server.tryShutdown(() => undefined);
  await until(() => guard.active === 0, FINISH_MS);
  await until(() => connections.size === 0, FLUSH_MS);
  connections.destroyAll();
}

/** After the last call its answer must still leave. */
const FLUSH_MS = 200;
const LOOK_EVERY_MS = 10;

/** Waits until something holds, at most for a while. */
async function until(holds: () => boolean, limitMs: number): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!holds() && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
