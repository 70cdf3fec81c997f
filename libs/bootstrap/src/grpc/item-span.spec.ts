import { describe, expect, test } from '@jest/globals';
import { SpanStatusCode, trace, type Attributes, type Context, type Span, type SpanOptions, type Tracer } from '@opentelemetry/api';
import { fail } from '@trent/errors';
import { traceItems } from './item-span.ts';

interface Note {
  readonly name: string;
  readonly attributes: Attributes;
  readonly hasParent: boolean;
  isEnded: boolean;
  status: SpanStatusCode;
}

function notingTracer(): { tracer: Tracer; spans: Note[] } {
  const spans: Note[] = [];
  const startSpan = (name: string, { attributes = {} }: SpanOptions = {}, parent?: Context): Span => {
    const hasParent = parent !== undefined && trace.getSpanContext(parent) !== undefined;
    const note: Note = { name, attributes: { ...attributes }, hasParent, isEnded: false, status: SpanStatusCode.UNSET };
    spans.push(note);
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 });
    return Object.assign(span, {
      end: () => void (note.isEnded = true),
      setStatus: ({ code }: { code: SpanStatusCode }) => ((note.status = code), span),
      setAttribute: (key: string, value: string) => ((note.attributes[key] = value), span),
    });
  };
  return { tracer: { startSpan, startActiveSpan: () => undefined as never }, spans };
}

interface Item {
  readonly traceparent: string;
  readonly operation: string;
  readonly answer: () => { error?: { code: string } } | Promise<{ error?: { code: string } }>;
}

const METHOD = '/trent.execute.v1.ExecuteService/Execute';
const item = (answer: Item['answer']): Item => ({ traceparent: '', operation: 'kms.Encrypt', answer });
const handle = ({ answer }: Item, _context: { deadline: number }) => answer();

describe('a span for each item of a batch', () => {
  test('is not made, and the handler not wrapped, by a process that does not trace', () => {
    expect(traceItems({ tracing: false, tracer: notingTracer().tracer }, METHOD, handle)).toBe(handle);
  });

  test.each<[string, Item['answer'], SpanStatusCode, string | undefined]>([
    ['that is answered at once', () => ({}), SpanStatusCode.UNSET, undefined],
    ['that is answered later', () => Promise.resolve({}), SpanStatusCode.UNSET, undefined],
    ['whose result is an error', () => ({ error: { code: 'AccessDeniedException' } }), SpanStatusCode.ERROR, 'AccessDeniedException'],
    ['that throws', () => fail('DisabledException', 'no'), SpanStatusCode.ERROR, 'DisabledException'],
    ['that rejects', () => Promise.reject(new Error('defect')), SpanStatusCode.ERROR, 'KMSInternalException'],
  ])('%s', async (_, answer, status, type) => {
    const { tracer, spans } = notingTracer();
    const traced = traceItems({ tracing: true, tracer }, METHOD, handle);
    await Promise.resolve()
      .then(() => traced(item(answer), { deadline: 1 }))
      .catch(() => undefined);
    const attributes = {
      'rpc.system': 'grpc',
      'rpc.service': 'trent.execute.v1.ExecuteService',
      'rpc.method': 'Execute',
      'trent.operation': 'kms.Encrypt',
      ...(type === undefined ? {} : { 'error.type': type }),
    };
    expect(spans).toEqual([{ name: METHOD.slice(1), attributes, hasParent: false, isEnded: true, status }]);
  });

  test('answers what the handler answers, in the same way: at once or later', async () => {
    const traced = traceItems({ tracing: true, tracer: notingTracer().tracer }, METHOD, handle);
    const answer = { error: { code: 'X' } };
    expect(
      traced(
        item(() => answer),
        { deadline: 1 },
      ),
    ).toBe(answer);
    expect(
      await traced(
        item(() => Promise.resolve(answer)),
        { deadline: 1 },
      ),
    ).toBe(answer);
  });
});
