import { fail } from '@trent/errors';

/** Longer than a permit can be used: 3 s of life and a second of leeway at both ends. */
const GENERATION_MS = 6_000;
/** More than a worker executes in two generations on any machine; past it new work is refused rather than let through unchecked. */
const MAX_IDS = 1_000_000;

/** Permits are used once: ids of the last seconds, in two generations, so that forgetting is one assignment. */
export class Replays {
  #current = new Set<string>();
  #previous = new Set<string>();
  #turnedAtMs = -Infinity;

  /** @throws AccessDeniedException for a permit that was used before; ThrottlingException past the bound */
  admit(id: string, monotonicMs: number): void {
    if (monotonicMs - this.#turnedAtMs > GENERATION_MS) {
      this.#previous = this.#current;
      this.#current = new Set();
      this.#turnedAtMs = monotonicMs;
    }
    if (this.#current.has(id) || this.#previous.has(id)) fail('AccessDeniedException', '', { cause: 'replayed permit' });
    if (this.#current.size >= MAX_IDS) fail('ThrottlingException', 'Rate exceeded');
    this.#current.add(id);
  }
}
