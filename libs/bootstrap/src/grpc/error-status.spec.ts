import { describe, expect, test } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import { errors } from '@trent/contracts';
import { catalogue, trentError } from '@trent/errors';
import { fromErrorDetail, fromServiceError, hasErrorDetail, toErrorDetail, toServiceError } from './error-status.ts';
import type { ErrorCode } from '@trent/errors';

describe('an error across gRPC', () => {
  test.each(Object.keys(catalogue) as ErrorCode[])('%s arrives as it left, with the status of its row', (code) => {
    const left = trentError(code, 'arn:… is odd', { details: { member: 'keyId' }, retryAfterMs: 250 });
    const wire = toServiceError(left);
    expect(wire.code).toBe(catalogue[code].grpc);
    expect(wire.details).toBe('arn:… is odd');
    const { code: gotCode, message, details, retryAfterMs } = fromServiceError(wire);
    expect({ gotCode, message, details, retryAfterMs }).toEqual({
      gotCode: code,
      message: 'arn:… is odd',
      details: { member: 'keyId' },
      retryAfterMs: 250,
    });
  });

  test('a defect arrives as KMSInternalException without its text', () => {
    const wire = toServiceError(new Error('password is hunter2'));
    expect(wire.details).toBe('');
    expect(JSON.stringify(wire.metadata.toJSON())).not.toContain('hunter2');
    expect(fromServiceError(wire)).toMatchObject({ code: 'KMSInternalException', message: '' });
  });

  test('the detail is a google.rpc.Status with one Any', () => {
    const [bytes] = toServiceError(trentError('DisabledException', 'no')).metadata.get('grpc-status-details-bin');
    const decoded = errors.Status.decode(bytes as Buffer);
    expect(decoded).toMatchObject({ code: status.FAILED_PRECONDITION, message: 'no' });
    expect(decoded.details.map(({ typeUrl }) => typeUrl)).toEqual(['type.googleapis.com/trent.errors.v1.ErrorDetail']);
  });

  test.each([
    ['DEADLINE_EXCEEDED', 'DependencyTimeoutException'],
    ['RESOURCE_EXHAUSTED', 'ThrottlingException'],
    ['PERMISSION_DENIED', 'AccessDeniedException'],
    ['UNAUTHENTICATED', 'AccessDeniedException'],
    ['UNAVAILABLE', 'KMSInternalException'],
    ['INTERNAL', 'KMSInternalException'],
  ] as const)('%s without a detail is %s', (name, code) => {
    const plain = Object.assign(new Error(), { code: status[name], details: 'x', metadata: new Metadata() });
    expect(fromServiceError(plain).code).toBe(code);
    expect(hasErrorDetail(plain)).toBe(false);
  });

  test('a detail that is damaged counts as none', () => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from('ff', 'hex'));
    const damaged = Object.assign(new Error(), { code: status.RESOURCE_EXHAUSTED, details: 'x', metadata });
    expect(fromServiceError(damaged).code).toBe('ThrottlingException');
  });

  test('a status without metadata is understood', () => {
    const bare = Object.assign(new Error(), { code: status.UNAVAILABLE, details: 'x' });
    expect(fromServiceError(bare).code).toBe('KMSInternalException');
    expect(hasErrorDetail(bare as never)).toBe(false);
  });
});

describe('an error in a batch', () => {
  test('arrives as it left', () => {
    const left = trentError('ThrottlingException', 'Rate exceeded', { retryAfterMs: 100, details: { class: 'x' } });
    const wire = errors.ErrorDetail.decode(errors.ErrorDetail.encode(toErrorDetail(left)).finish());
    expect(fromErrorDetail(wire)).toMatchObject({
      code: 'ThrottlingException',
      message: 'Rate exceeded',
      retryAfterMs: 100,
      details: { class: 'x' },
    });
  });

  test('an unknown code, as a newer peer may send, becomes KMSInternalException', () => {
    expect(fromErrorDetail({ code: 'BrandNewException', message: 'x', retryAfterMs: 0, details: new Map() }).code).toBe(
      'KMSInternalException',
    );
  });
});
