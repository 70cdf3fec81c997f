import { status } from '@grpc/grpc-js';
import { isTrentError, trentError } from '@trent/errors';
import { bootstrapEvents } from '../log/events.ts';
import { DURATION_BUCKETS } from '../metrics.ts';
import { serviceNameOf } from './binding.ts';
import { DEFAULT_DEADLINE_MS, setCaller } from './call-context.ts';
import { isServiceError, toServiceError } from './error-status.ts';
import { peers } from './peers.ts';
import { runInSpan } from './server-span.ts';
import type { EventEmitter } from 'node:events';
import type {
  handleUnaryCall,
  sendUnaryData,
  ServerErrorResponse,
  ServerUnaryCall,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { CounterMetric, HistogramMetric } from '../metrics.ts';
import type { ServiceRuntime } from '../runtime/service-runtime.ts';
import type { Caller } from '../tls/spiffe-id.ts';
import type { Connections } from './connections.ts';
import type { Peer } from './peers.ts';

type UnaryHandler = handleUnaryCall<unknown, unknown>;
type StreamCall = Pick<EventEmitter, 'once' | 'emit'> & Pick<ServerUnaryCall<unknown, unknown>, 'getPeer' | 'getAuthContext' | 'getPath'>;
type StreamHandler = (call: StreamCall) => void;

/** Calls that last as long as their client likes and so are not waited for when draining. */
const ENDLESS = ['/grpc.health.v1.Health/Watch'];

/**
 * Stands between grpc-js and the handlers of a server: who calls, may they, what becomes of errors, how many calls are open. With `open` (the
 * public edge) every caller passes and the handlers decide by `callerOf`.
 */
export class Guard {
  readonly #runtime: ServiceRuntime;
  readonly #connections: Connections;
  readonly #open: boolean;
  readonly #denied: CounterMetric;
  readonly #seconds: HistogramMetric;
  #active = 0;

  constructor(runtime: ServiceRuntime, connections: Connections, open: boolean) {
    this.#runtime = runtime;
    this.#connections = connections;
    this.#open = open;
    this.#denied = runtime.metrics.counter({
      name: 'grpc_denied_total',
      help: 'Calls by callers that the table of peers does not list',
      labels: ['service', 'caller'],
    });
    this.#seconds = runtime.metrics.histogram({
      name: 'grpc_server_seconds',
      help: 'Unary calls served',
      labels: ['path', 'status'],
      buckets: DURATION_BUCKETS,
    });
  }

  /** Calls in progress, those that never end left out. */
  get active(): number {
    return this.#active;
  }

  /**
   * The handlers of a service, guarded.
   * @throws {Error} when the table of peers lacks an internal service, or a method has no handler
   */
  guard(definition: ServiceDefinition, implementation: UntypedServiceImplementation): UntypedServiceImplementation {
    const service = serviceNameOf(definition);
    if (!this.#open && peers[service] === undefined) throw new Error(`${service} is not in the table of peers`);
    const guarded: UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(definition)) {
      const handle = implementation[name] ?? implementation[method.originalName ?? name];
      if (handle === undefined) throw new Error(`${method.path} has no handler`);
      const bound: unknown = handle.bind(implementation);
      const streams = method.requestStream || method.responseStream;
      guarded[name] = streams
        ? (this.#stream(service, method.path, bound as StreamHandler) as UntypedHandleCall)
        : this.#unary(service, method.path, bound as UnaryHandler);
    }
    return guarded;
  }

  #unary(service: string, path: string, handle: UnaryHandler): UnaryHandler {
    return (call, callback) => {
      if (!this.#admits(service, call)) {
        callback(deniedError());
        return;
      }
      const startedAt = performance.now();
      const end = this.#begin();
      let timer: NodeJS.Timeout | undefined;
      let pending = true;
      const answer: sendUnaryData<unknown> = (error, value, trailer, flags) => {
        if (!pending) return;
        pending = false;
        clearTimeout(timer);
        end();
        callback(this.#answered(path, error, startedAt), value, trailer, flags);
      };
      // grpc-js ends calls that came with a deadline itself; the answer that follows goes nowhere
      if (call.getDeadline() === Infinity) timer = setTimeout(() => answer(timedOut()), DEFAULT_DEADLINE_MS).unref();
      call.once('cancelled', () => {
        clearTimeout(timer);
        end();
      });
      runInSpan(this.#runtime, path, call, answer, handle);
    };
  }

  #stream(service: string, path: string, handle: StreamHandler): StreamHandler {
    const endless = ENDLESS.includes(path);
    return (call) => {
      if (!this.#admits(service, call)) {
        call.emit('error', deniedError());
        return;
      }
      if (!endless) call.once('close', this.#begin());
      handle(call);
    };
  }

  #admits(service: string, call: StreamCall): boolean {
    const caller = this.#connections.callerOf(call);
    setCaller(call, caller);
    if (this.#open || isListed(caller, peers[service] ?? [])) return true;
    this.#denied.add(1, service, caller.kind === 'service' ? caller.service : caller.kind);
    const who = caller.kind === 'anonymous' ? 'anonymous' : caller.spiffeId;
    this.#runtime.log.warn(bootstrapEvents.grpcDenied, { rpc: call.getPath(), caller: who, peer: call.getPeer() });
    return false;
  }

  #begin(): () => void {
    this.#active++;
    let pending = true;
    return () => {
      if (pending) this.#active--;
      pending = false;
    };
  }

  #answered(path: string, error: unknown, startedAt: number): ServerErrorResponse | null {
    const failure = error === null || error === undefined ? null : toServiceError(error);
    if (failure !== null && !isTrentError(error) && !isServiceError(error)) {
      this.#runtime.log.error(bootstrapEvents.grpcDefect, { rpc: path }, error);
    }
    this.#seconds.observe((performance.now() - startedAt) / 1000, path, status[failure?.code ?? status.OK]);
    return failure;
  }
}

function isListed(caller: Caller, allowed: readonly Peer[]): boolean {
  if (caller.kind === 'service') return allowed.includes(caller.service);
  return caller.kind === 'operator' && allowed.includes('operator');
}

function deniedError(): ServerErrorResponse {
  const details = 'the caller may not use this service';
  return Object.assign(new Error(details), { code: status.PERMISSION_DENIED, details });
}

function timedOut(): ServerErrorResponse {
  return toServiceError(trentError('DependencyTimeoutException'));
}
