/** Below this share of all places nobody is asked to leave room for others. */
const FREE_SHARE = 0.5;
/** What an account may always hold, however many others there are: less would starve everybody at once. */
const LEAST_SHARE = 16;

/**
 * Bounds what is on the road at once: all together, and when it fills, each account to an equal share, so that one flood leaves others a way.
 * Requests count from the first byte of work; an account's name is known later, when its caller is authenticated.
 */
export class Concurrency {
  readonly #places: number;
  readonly #held = new Map<string, number>();
  #inFlight = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes a place; false when there is none. */
  enter(): boolean {
    if (this.#inFlight >= this.#places) return false;
    this.#inFlight += 1;
    return true;
  }

  /** Puts a place on an account, in any case; false when the account holds more than its share of a full road. */
  take(account: string): boolean {
    const held = (this.#held.get(account) ?? 0) + 1;
    this.#held.set(account, held);
    if (this.#inFlight <= this.#places * FREE_SHARE) return true;
    return held <= Math.max(LEAST_SHARE, this.#places / this.#held.size);
  }

  /** Gives a place back; empty text: it was never put on an account. */
  leave(account: string): void {
    this.#inFlight -= 1;
    if (account === '') return;
    const held = (this.#held.get(account) ?? 1) - 1;
    if (held === 0) this.#held.delete(account);
    else this.#held.set(account, held);
  }
}
