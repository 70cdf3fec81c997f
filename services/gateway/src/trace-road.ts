import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { asTrentError } from '@trent/errors';

import type { Ask } from './ask.ts';
import { handleRequest, type Road } from './handle-request.ts';

/**
 * The road with a span for the request and one for each way it goes (OpenTelemetry, RPC spans). The client's trace goes on, and the rooms
 * get the request's span as parent. Only for processes that trace: each span costs some microseconds.
 */
export function traceRoad(road: Road, tracer: Tracer): (ask: Ask) => Promise<Buffer> {
  const traced: Road = {
    ...road,
    authorize: (item, call) => inSpan(tracer, 'authorize', (traceparent) => road.authorize({ ...item, traceparent }, call)),
    publish: (region, record, deadline) => inSpan(tracer, 'record', () => road.publish(region, record, deadline)),
    rooms: {
      execute: mapValues(
        road.rooms.execute,
        (execute) => (item, call) => inSpan(tracer, 'execute', (traceparent) => execute({ ...item, traceparent }, call)),
      ),
      invoke: mapValues(road.rooms.invoke, (invoke) => (request, call) => inSpan(tracer, 'invoke', () => invoke(request, call))),
    },
  };
  return (ask) => {
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent: ask.traceparent });
    const { name } = ask.plan.operation;
    const attributes = { 'rpc.method': name, 'trent.request_id': ask.requestId, 'cloud.region': ask.region };
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const within = trace.setSpan(parent, span);
    ask.traceparent = traceparentOf(within);
    return endWith(
      span,
      context.with(within, () => handleRequest(traced, ask)),
    );
  };
}

/** A way to another service: what it does continues this span, not the request's. */
function inSpan<T>(tracer: Tracer, name: string, act: (traceparent: string) => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT });
  const within = trace.setSpan(context.active(), span);
  return endWith(
    span,
    context.with(within, () => act(traceparentOf(within))),
  );
}

async function endWith<T>(span: Span, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', asTrentError(error).code);
    throw error;
  } finally {
    span.end();
  }
}

/** W3C Trace Context, as it goes with the items of a stream. */
function traceparentOf(of: Context): string {
  const carrier: { traceparent?: string } = {};
  propagation.inject(of, carrier);
  return carrier.traceparent ?? '';
}

function mapValues<Key, Value>(map: ReadonlyMap<Key, Value>, change: (value: Value) => Value): Map<Key, Value> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
