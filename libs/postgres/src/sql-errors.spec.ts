import { describe, expect, test } from '@jest/globals';
import { isTrentError, trentError } from '@trent/errors';
import { asStoreError, isUniqueViolation, mayRunAgain, remainingMs, sqlState, storeTimeout } from './sql-errors.ts';

/** An error as the driver makes it of what the server said. */
function serverError(code: string, constraint?: string): Error {
  return Object.assign(new Error('said the server'), { code, severity: 'ERROR', constraint });
}

function meaningOf(error: unknown): string {
  const meaning = asStoreError(error);
  return isTrentError(meaning) ? meaning.code : 'as it is';
}

describe('what a failed statement means', () => {
  test.each([
    ['connection failure', serverError('08006'), 'DependencyTimeoutException'],
    ['administrator shutdown', serverError('57P01'), 'DependencyTimeoutException'],
    ['server starting up', serverError('57P03'), 'DependencyTimeoutException'],
    ['statement timeout', serverError('57014'), 'DependencyTimeoutException'],
    ['lock timeout', serverError('55P03'), 'DependencyTimeoutException'],
    ['a server that became a standby', serverError('25006'), 'DependencyTimeoutException'],
    ['a session ended for idling in a transaction', serverError('25P03'), 'DependencyTimeoutException'],
    ['connection refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'DependencyTimeoutException'],
    ['connection lost, said by the driver without a code', new Error('Connection terminated unexpectedly'), 'DependencyTimeoutException'],
    ['unique violation', serverError('23505'), 'as it is'],
    ['syntax error', serverError('42601'), 'as it is'],
    ['a defect of the caller', new TypeError('not an array'), 'as it is'],
    ['an error of ours', trentError('NotFoundException'), 'NotFoundException'],
  ])('%s', (_, error, meaning) => {
    expect(meaningOf(error)).toBe(meaning);
  });

  test('the cause is kept for the log', () => {
    const error = serverError('57P01');
    expect(asStoreError(error)).toMatchObject({ cause: error });
  });
});

describe('SQLSTATE', () => {
  test('only what the server said has one', () => {
    expect([sqlState(serverError('23505')), sqlState(Object.assign(new Error(''), { code: 'EPIPE' })), sqlState('23505')]).toEqual([
      '23505',
      undefined,
      undefined,
    ]);
  });

  test('a unique violation is told apart by its constraint', () => {
    const error = serverError('23505', 'aliases_pkey');
    expect([isUniqueViolation(error), isUniqueViolation(error, 'aliases_pkey'), isUniqueViolation(error, 'keys_pkey')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test.each([
    ['serialisation failure', storeTimeout(serverError('40001')), true],
    ['deadlock', serverError('40P01'), true],
    ['statement timeout', storeTimeout(serverError('57014')), false],
    ['unique violation', serverError('23505'), false],
  ])('whether work may run again after: %s', (_, error, expected) => {
    expect(mayRunAgain(error)).toBe(expected);
  });
});

describe('time left', () => {
  test('is at least a millisecond before the deadline, and refused after it', () => {
    expect(remainingMs(1000.2, 1000)).toBe(1);
    expect(remainingMs(1500, 1000)).toBe(500);
    expect(() => remainingMs(1000, 1000)).toThrow('timed out');
  });
});
