/** Calls that earn one retry: a tenth of them may be sent a second time. */
const CALLS_A_RETRY = 10;
/** What a quiet link may spend at once, and the most it saves up: everything in flight on one endpoint that dies. */
const CAPACITY = 512;
const INITIAL = 128;

/**
 * Bounds second attempts to a tenth of the calls, so that retries never make an overload worse: each call earns a tenth of a retry, up to a
 * bound, and each retry spends one.
 */
export class RetryBudget {
  #credit = INITIAL * CALLS_A_RETRY; // in whole calls, so that nothing is lost in fractions

  /** Retries that may be made now. */
  get left(): number {
    return Math.floor(this.#credit / CALLS_A_RETRY);
  }

  /** A first attempt was made. */
  earn(): void {
    if (this.#credit < CAPACITY * CALLS_A_RETRY) this.#credit++;
  }

  /** Takes one retry; false when there is none. */
  spend(): boolean {
    if (this.#credit < CALLS_A_RETRY) return false;
    this.#credit -= CALLS_A_RETRY;
    return true;
  }
}
