import { describe, expect, test } from '@jest/globals';
import { createMetrics, silentLogger, type Logger, type LogFields } from '@trent/bootstrap';
import { trentError } from '@trent/errors';
import { RequestMeter } from './request-meter.ts';

function aMeter() {
  const metrics = createMetrics({ process: false });
  const lines: { level: string; event: string; fields: LogFields | undefined }[] = [];
  const at =
    (level: string): Logger['info'] =>
    (event, fields) =>
      void lines.push({ level, event, fields });
  const log: Logger = { ...silentLogger(), info: at('info'), warn: at('warn'), error: at('error') };
  return { meter: new RequestMeter(metrics, log), metrics, lines };
}

const answered = { wire: 'json', operation: 'kms.Encrypt', requestId: 'r' } as const;

describe('answers', () => {
  test('are counted by wire, operation and code', async () => {
    const { meter, metrics } = aMeter();
    meter.answered({ ...answered, error: undefined });
    meter.answered({ ...answered, error: undefined });
    meter.answered({ ...answered, error: trentError('AccessDeniedException') });
    meter.took('kms.Encrypt', 2);
    meter.close();
    const { text } = await metrics.render();
    expect(text).toContain('trent_requests_total{wire="json",operation="kms.Encrypt",code="OK"} 2');
    expect(text).toContain('trent_requests_total{wire="json",operation="kms.Encrypt",code="AccessDeniedException"} 1');
    expect(text).toContain('trent_https_request_seconds_count{operation="kms.Encrypt"} 1');
  });
});

describe('the log', () => {
  test('has no line for answers and ordinary refusals', () => {
    const { meter, lines } = aMeter();
    meter.answered({ ...answered, error: undefined });
    meter.answered({ ...answered, error: trentError('DisabledException', 'ARN is disabled.') });
    expect(lines).toEqual([]);
    meter.close();
  });

  test('has our own failures with the request id, a defect by another name', () => {
    const { meter, lines } = aMeter();
    meter.answered({ ...answered, error: trentError('DependencyTimeoutException') });
    meter.answered({ ...answered, error: trentError('KMSInternalException', '', { cause: new TypeError('x') }) });
    expect(lines).toMatchObject([
      {
        level: 'error',
        event: 'request.failed',
        fields: { request_id: 'r', operation: 'kms.Encrypt', 'error.type': 'DependencyTimeoutException' },
      },
      { level: 'error', event: 'request.defect' },
    ]);
    meter.close();
  });

  test('samples callers who are not who they say, so that nobody fills the disk from outside', () => {
    const { meter, lines } = aMeter();
    for (let i = 0; i < 1000; i++) meter.answered({ ...answered, error: trentError('InvalidSignatureException', 'no') });
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatchObject({ level: 'info', event: 'request.caller_refused' });
    meter.flush();
    meter.answered({ ...answered, error: trentError('InvalidSignatureException', 'no') });
    expect(lines).toHaveLength(6);
    meter.close();
  });
});
