import { fail } from './trent-error.ts';

const AGAIN_AFTER_MS = 20;

/**
 * Refuses for now: what would have to be known to decide is changing or not known for sure. Nothing was done, so the request may be decided anew
 * at once, and whoever waits for it hears of this only when its time is up.
 * @param cause for logs
 * @throws {TrentError} DependencyTimeoutException with a time after which to try again
 */
export function failUndecided(cause: string): never {
  fail('DependencyTimeoutException', 'The system timed out while trying to fulfill the request.', { retryAfterMs: AGAIN_AFTER_MS, cause });
}

/** True for a refusal of `failUndecided`, here or in another process. */
export function isUndecided({ code, retryAfterMs = 0 }: { readonly code: string; readonly retryAfterMs?: number }): boolean {
  return code === 'DependencyTimeoutException' && retryAfterMs > 0;
}
