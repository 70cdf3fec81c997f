import { fail, isTrentError, trentError, type TrentError } from '@trent/errors';

/** AWS's own words for "something behind the service did not answer"; retryable. */
const TIMED_OUT = 'The system timed out while trying to fulfill the request. You can retry the request.';

/** SQLSTATEs that callers decide by (PostgreSQL 15, Appendix A). */
export const SQLSTATE = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  checkViolation: '23514',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
} as const;

/**
 * SQLSTATEs that say "not now" rather than "not so": connection exceptions (08), too many connections (53300), lock and statement
 * timeouts, shutdown and start-up of the server, a server that became a standby (25006), a session ended for idling in a transaction.
 */
const NOT_NOW = new Set(['53300', '55P03', '57014', '57P01', '57P02', '57P03', '57P05', '25006', '25P03', '40001', '40P01']);

/** The SQLSTATE of what the server refused; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True when a row was refused because it is there already; with `constraint`, because of that constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== SQLSTATE.uniqueViolation) return false;
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint;
}

/** True when the same transaction may succeed if it is run again (serialisation failure, deadlock). */
export function mayRunAgain(error: unknown): boolean {
  const state = sqlState(isTrentError(error) ? error.cause : error);
  return state === SQLSTATE.serializationFailure || state === SQLSTATE.deadlockDetected;
}

/**
 * What a failed query means to a caller: the store was not reached in time → DependencyTimeoutException; the server's own verdict on the
 * statement stays as it is. The driver's errors without any code all tell of a lost or refused connection.
 */
export function asStoreError(error: unknown): unknown {
  if (isTrentError(error)) return error;
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || NOT_NOW.has(state) ? storeTimeout(error) : error;
  const isDefect = error instanceof TypeError || error instanceof RangeError;
  return isDefect ? error : storeTimeout(error);
}

/** The error of a store that was not reached in time. */
export function storeTimeout(cause?: unknown): TrentError {
  return trentError('DependencyTimeoutException', TIMED_OUT, cause === undefined ? {} : { cause });
}

/** Throws when nothing is left of the time. @returns the milliseconds left, at least 1 */
export function remainingMs(deadline: number, now: number): number {
  const left = deadline - now;
  if (left <= 0) fail('DependencyTimeoutException', TIMED_OUT);
  return Math.max(1, Math.ceil(left));
}
