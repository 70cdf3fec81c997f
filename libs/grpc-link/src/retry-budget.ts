/** Share of calls that may be sent a second time. */
const RATIO = 0.1;
/** What a quiet link may spend at once, and the most it saves up: everything in flight on one endpoint that dies. */
const CAPACITY = 512;
const INITIAL = 128;

/**
 * Bounds second attempts to a tenth of the calls, so that retries never make an overload worse: each call earns a tenth of a retry, up to a
 * bound, and each retry spends one.
 */
export class RetryBudget {
  #tokens = INITIAL;

  /** Retries that may be made now. */
  get left(): number {
    return Math.floor(this.#tokens);
  }

  /** A first attempt was made. */
  earn(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + RATIO);
  }

  /** Takes one retry; false when there is none. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
