import { describe, expect, test } from '@jest/globals';
import { SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import { kms } from '@trent/contracts';
import { anAsk, anAuthorization, anErrorDetail, aRoad, KEY_ID, planOf } from './road.fixture.ts';
import { traceRoad } from './trace-road.ts';

interface SpanNote {
  readonly name: string;
  isEnded: boolean;
  status: SpanStatusCode;
  error: unknown;
}

/** A tracer that notes its spans in the order in which they began. */
function notingTracer(): { tracer: Tracer; spans: SpanNote[] } {
  const spans: SpanNote[] = [];
  const startSpan = (name: string): Span => {
    const note: SpanNote = { name, isEnded: false, status: SpanStatusCode.UNSET, error: undefined };
    spans.push(note);
    const span = trace.wrapSpanContext({ traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1', traceFlags: 1 });
    return Object.assign(span, {
      end: () => void (note.isEnded = true),
      setStatus: ({ code }: { code: SpanStatusCode }) => ((note.status = code), span),
      setAttribute: (_key: string, value: unknown) => ((note.error = value), span),
    });
  };
  return { tracer: { startSpan, startActiveSpan: () => undefined as never }, spans };
}

describe('a traced road', () => {
  test('has a span for the request and one for each way it goes', async () => {
    const { tracer, spans } = notingTracer();
    await traceRoad(aRoad().road, tracer)(anAsk());
    expect(spans.map(({ name }) => name)).toEqual(['kms.Encrypt', 'authorize', 'execute', 'record']);
    expect(spans.every(({ isEnded }) => isEnded)).toBe(true);
  });

  test('has one for the room of a management call', async () => {
    const { tracer, spans } = notingTracer();
    const ask = anAsk({ plan: planOf('kms.DescribeKey'), message: kms.DescribeKeyRequest.create({ keyId: KEY_ID }) });
    await traceRoad(aRoad().road, tracer)(ask);
    expect(spans.map(({ name }) => name)).toEqual(['kms.DescribeKey', 'authorize', 'invoke', 'record']);
  });

  test('says what went wrong, and answers the same error', async () => {
    const { tracer, spans } = notingTracer();
    const { road } = aRoad({ authorize: () => anAuthorization({ error: anErrorDetail('AccessDeniedException') }) });
    await expect(traceRoad(road, tracer)(anAsk())).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(spans[0]).toMatchObject({ status: SpanStatusCode.ERROR, error: 'AccessDeniedException', isEnded: true });
  });
});
