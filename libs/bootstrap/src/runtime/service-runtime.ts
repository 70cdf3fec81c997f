import { bootstrapEvents } from '../log/events.ts';
import { createMetrics } from '../metrics.ts';
import { createDrain } from './drain.ts';
import { createReadiness } from './readiness.ts';
import type { Tracer } from '@opentelemetry/api';
import type { ServiceName } from '../grpc/peers.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Telemetry } from '../telemetry.ts';
import type { TlsIdentity } from '../tls/tls-identity.ts';

/** What every part of a service is built on. */
export interface ServiceRuntime {
  readonly service: ServiceName;
  readonly instance: string;
  readonly zone: string;
  readonly log: Logger;
  /** Aborts when draining starts. */
  readonly signal: AbortSignal;
  /** The process's certificate inside the deployment. */
  readonly tls: TlsIdentity;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** False: spans go nowhere, so don't make any. */
  readonly tracing: boolean;
  /** A step of an orderly end, after `signal`, the last registered first. */
  onDrain(name: string, step: () => Promise<void> | void): void;
  /** Something that must hold before the process takes requests; the string says why it does not. */
  readiness(name: string, check: () => true | string): void;
  /** Why the process is not ready, by check; empty when it is. */
  notReady(): Readonly<Record<string, string>>;
  /** Something that the operator is to see in /readyz although the process is ready: a switch that weakens, a part that is not served. */
  remark(name: string, text: string): void;
  /** Everything that `remark` named. */
  remarks(): Readonly<Record<string, string>>;
  /** True when every check of `readiness` holds. */
  readonly isReady: () => boolean;
  /** A part of /debug/state: figures and names, no secrets. */
  debugState(name: string, read: () => unknown): void;
  /** Everything that `debugState` named. */
  state(): Readonly<Record<string, unknown>>;
  /** The named tracer of TRENT_TRACE; undefined when it is off, so that `trace?.(…)` costs nothing. */
  trace(name: string): ((text: string) => void) | undefined;
  /** Something from which the process can't recover: it drains and ends with status 1. */
  fatal(reason: string, error?: unknown): void;
  /** Starts draining and waits for its end; true when every step ended well in time. */
  drain(): Promise<boolean>;
}

/** What a runtime is made of. */
export interface RuntimeParts {
  readonly service: ServiceName;
  readonly instance: string;
  readonly zone: string;
  readonly log: Logger;
  readonly tls: TlsIdentity;
  readonly telemetry: Telemetry;
  /** Names of the tracers that are on. */
  readonly traces?: readonly string[];
  /** Collects the metrics of the process too (once a process). */
  readonly processMetrics?: boolean;
  readonly drainMs?: number;
  /** What `fatal` does in the end. */
  readonly onFatal: (error: unknown) => void;
}

/** Makes a runtime without touching the process: no signals, no ports. `runService` does that; tests use this alone. */
export function createRuntime(parts: RuntimeParts): ServiceRuntime {
  const drain = createDrain(parts.log, parts.drainMs);
  const readiness = createReadiness();
  const remarks = new Map<string, string>();
  const states = new Map<string, () => unknown>();
  const traces = new Set(parts.traces);
  const metrics = createMetrics({ process: parts.processMetrics ?? false });
  metrics.gauge({
    name: 'tls_certificate_expiry_seconds',
    help: 'When the internal certificate ends, seconds since the epoch',
    read: () => parts.tls.expiresAt() / 1000,
  });
  readiness.add('running', () => (drain.signal.aborted ? 'the process is draining' : true));
  return {
    service: parts.service,
    instance: parts.instance,
    zone: parts.zone,
    log: parts.log,
    signal: drain.signal,
    tls: parts.tls,
    metrics,
    tracer: parts.telemetry.tracer,
    tracing: parts.telemetry.tracing,
    onDrain: (name, step) => drain.add(name, step),
    readiness: (name, check) => readiness.add(name, check),
    notReady: () => readiness.reasons(),
    remark: (name, text) => void remarks.set(name, text),
    remarks: () => Object.fromEntries(remarks),
    isReady: () => Object.keys(readiness.reasons()).length === 0,
    debugState: (name, read) => void states.set(name, read),
    state: () => Object.fromEntries([...states].map(([name, read]) => [name, stateOf(read)])),
    trace: (name) => (traces.has(name) ? (text) => parts.log.info(bootstrapEvents.trace, { name, detail: text }) : undefined),
    fatal: (reason, error) => {
      parts.log.error(bootstrapEvents.failed, { reason }, error);
      void drain.run().then(() => parts.onFatal(error));
    },
    drain: () => drain.run(),
  };
}

function stateOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return `could not be read: ${String(error)}`;
  }
}
