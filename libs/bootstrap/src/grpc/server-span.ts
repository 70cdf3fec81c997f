import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { ServiceRuntime } from '../runtime/service-runtime.ts';

/** Runs a handler inside a span that continues the caller's trace; without tracing, straight. Source: OpenTelemetry, RPC spans. */
export function runInSpan(
  runtime: ServiceRuntime,
  path: string,
  call: ServerUnaryCall<unknown, unknown>,
  answer: sendUnaryData<unknown>,
  handle: handleUnaryCall<unknown, unknown>,
): void {
  if (!runtime.tracing) {
    handle(call, answer);
    return;
  }
  const [traceparent] = call.metadata.get('traceparent');
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: String(traceparent ?? '') });
  const attributes = { 'rpc.system': 'grpc', 'rpc.method': path.slice(1) };
  const span = runtime.tracer.startSpan(path.slice(1), { kind: SpanKind.SERVER, attributes }, parent);
  context.with(trace.setSpan(parent, span), () =>
    handle(call, (error, value, trailer, flags) => {
      if (error) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      answer(error, value, trailer, flags);
    }),
  );
}
