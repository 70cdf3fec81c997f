import { catalogue, type TrentError } from '@trent/errors';

/** What a caller may say about one call. */
export interface CallOptions {
  /** Milliseconds in which the answer must have come, retries included. */
  readonly timeoutMs?: number;
  /** Ends the call; its promise rejects with the signal's reason. Unary calls only look at it between attempts. */
  readonly signal?: AbortSignal;
}

/** As AWS's SDKs have it: long enough for a change that waits for the lease of a dead replica. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** As AWS's standard retry: the first attempt and two more. */
export const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Whether another attempt may help: a fault of the other side or of the way there, and throttling. */
export function mayHelpToRepeat(error: TrentError): boolean {
  return catalogue[error.code].retryable;
}

/** How long to wait before the next attempt: exponential with full jitter, or what the server asked for. */
export function pauseBefore(attempt: number, error: TrentError): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  return Math.max(error.retryAfterMs ?? 0, Math.random() * longest);
}
