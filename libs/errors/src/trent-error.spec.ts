import { describe, expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';

import { asTrentError, fail, isTrentError, trentError } from './index.ts';

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('fail', () => {
  test('throws the code with its message', () => {
    expect(caught(() => fail('DisabledException', 'arn is disabled.'))).toMatchObject({
      code: 'DisabledException',
      name: 'DisabledException',
      message: 'arn is disabled.',
    });
  });

  test('some errors have no message, as with AWS', () => {
    expect(caught(() => fail('InvalidCiphertextException'))).toHaveProperty('message', '');
  });

  test('details, retry time and cause come along when given and are absent when not', () => {
    const cause = new Error('disk full');
    const full = trentError('ThrottlingException', 'Rate exceeded', { details: { quota: 'kms' }, retryAfterMs: 40, cause });
    expect(full).toMatchObject({ details: { quota: 'kms' }, retryAfterMs: 40, cause });
    const bare = trentError('ThrottlingException');
    expect(Object.keys(bare)).not.toContain('details');
    expect('retryAfterMs' in bare || 'cause' in bare).toBe(false);
  });

  test('an error that stands for two AWS names shows the one of its wire', () => {
    expect(trentError('ExpiredIdentityToken').name).toBe('ExpiredTokenException');
  });
});

describe('isTrentError', () => {
  test('knows an error of another realm by its brand', () => {
    const foreign: unknown = runInNewContext('Object.assign(new Error("x"), { code: "TagException", [Symbol.for("trent.error")]: true })');
    expect(foreign instanceof Error).toBe(false);
    expect(isTrentError(foreign)).toBe(true);
  });

  const others: [string, unknown][] = [
    ['a plain error', new Error('x')],
    ['an error with a code', Object.assign(new Error('x'), { code: 'TagException' })],
    ['null', null],
    ['undefined', undefined],
    ['text', 'TagException'],
  ];
  test.each(others)('%s is none', (_name, value) => {
    expect(isTrentError(value)).toBe(false);
  });
});

describe('asTrentError', () => {
  test('leaves a TrentError as it is', () => {
    const error = trentError('TagException', 'Duplicate tag keys');
    expect(asTrentError(error)).toBe(error);
  });

  test.each([[new TypeError('secret 42 is no function')], ['thrown text'], [undefined]])(
    'a defect (%p) becomes KMSInternalException without its text',
    (thrown) => {
      const error = asTrentError(thrown);
      expect(error).toMatchObject({ code: 'KMSInternalException', message: '' });
      expect(error.cause).toBe(thrown);
    },
  );
});
