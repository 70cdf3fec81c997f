import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { asTrentError } from '@trent/errors';
import type { Span } from '@opentelemetry/api';
import type { ServiceRuntime } from '../runtime/service-runtime.ts';

/** An item of a batch that carries its trace (W3C Trace Context) and says what it is about. */
export interface TracedItem {
  readonly traceparent: string;
  readonly operation: string;
}

/** The result of an item. */
export interface TracedResult {
  readonly error?: { readonly code: string } | undefined;
}

type Handle<Item, Result, Rest extends readonly unknown[]> = (item: Item, ...rest: Rest) => Result | Promise<Result>;

/**
 * A handler of batch items that runs each inside a span of its own, which continues the item's trace. Without tracing it is the handler itself, so that
 * it costs nothing. Source: OpenTelemetry semantic conventions, RPC spans.
 * @param method path of the batched method as generated, "/trent.execute.v1.ExecuteService/Execute"
 */
export function traceItems<Item extends TracedItem, Result extends TracedResult, Rest extends readonly unknown[]>(
  runtime: Pick<ServiceRuntime, 'tracing' | 'tracer'>,
  method: string,
  handle: Handle<Item, Result, Rest>,
): Handle<Item, Result, Rest> {
  if (!runtime.tracing) return handle;
  const [, service = '', rpc = ''] = method.split('/');
  const name = `${service}/${rpc}`;
  return (item, ...rest) => {
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent: item.traceparent });
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': rpc, 'trent.operation': item.operation };
    const span = runtime.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    return context.with(trace.setSpan(parent, span), () => finish(span, () => handle(item, ...rest)));
  };
}

/** Ends the span when the result is there, whether it came at once, later, or not at all. */
function finish<Result extends TracedResult>(span: Span, act: () => Result | Promise<Result>): Result | Promise<Result> {
  try {
    const result = act();
    return isPromise(result) ? result.then((value) => ended(span, value), failed(span)) : ended(span, result);
  } catch (error) {
    return failed(span)(error);
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown }).then === 'function';
}

function ended<Result extends TracedResult>(span: Span, result: Result): Result {
  if (result.error !== undefined) note(span, result.error.code);
  span.end();
  return result;
}

function failed(span: Span): (error: unknown) => never {
  return (error) => {
    note(span, asTrentError(error).code);
    span.end();
    throw error;
  };
}

function note(span: Span, code: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', code);
}
