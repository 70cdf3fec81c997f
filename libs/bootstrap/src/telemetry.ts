import { trace } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import type { Environment } from './config/load-config.ts';

/** Tracing of a process. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** False: spans go nowhere, so don't make any. */
  readonly tracing: boolean;
  shutdown(): Promise<void>;
}

/** Resource attributes. Source: OpenTelemetry semantic conventions, "Service" and "Cloud". */
export interface TelemetryResource {
  readonly service: string;
  readonly instance: string;
  readonly zone: string;
}

/**
 * Starts OpenTelemetry when OTEL_EXPORTER_OTLP_ENDPOINT (or its form for traces) is set; the SDK reads its other OTEL_ variables itself.
 * Otherwise nothing is loaded (the SDK costs 200 ms of start-up) and the API's tracer does nothing.
 */
export async function startTelemetry(resource: TelemetryResource, environment: Environment): Promise<Telemetry> {
  const endpoint = environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? '';
  if (endpoint === '' || environment['OTEL_SDK_DISABLED'] === 'true') {
    return { tracer: trace.getTracer('trent'), tracing: false, shutdown: () => Promise.resolve() };
  }
  const { startNodeSdk } = await import('@opentelemetry/sdk-node');
  const sdk = startNodeSdk({
    resourceAttributes: {
      'service.name': environment['OTEL_SERVICE_NAME'] ?? `trent-${resource.service}`,
      'service.namespace': 'trent',
      'service.instance.id': resource.instance,
      'cloud.availability_zone': resource.zone,
    },
    metricReaders: [], // metrics are read at /metrics
    logRecordProcessors: [],
    instrumentations: [], // spans are made where they mean something
  });
  return { tracer: trace.getTracer('trent'), tracing: true, shutdown: () => sdk.shutdown() };
}
