/** Nothing waits in a process that has fewer requests than this in hand. */
const FEW = 16;
/** With more, a batch waits until it holds this share of them (its owner knows how many are enough in any case) … */
const SHARE = 1 / 2;
/** … but never longer than this. */
const LONGEST_MS = 5;

/**
 * Says whether a batch that could leave should wait a little for more. Alone or among few a request waits for nothing; with many in hand their
 * answers are held up by the processor, which larger batches relieve: a message costs its two processes as much as five to ten of its items.
 */
export class Patience {
  readonly #inHand: () => number;
  readonly #onSpent: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isSpent = false;

  /**
   * @param inHand requests that the process has taken and not answered
   * @param onSpent called when the longest wait is over
   */
  constructor(inHand: () => number, onSpent: () => void) {
    this.#inHand = inHand;
    this.#onSpent = onSpent;
  }

  /** True when a batch of so many items should wait. */
  holds(items: number): boolean {
    const inHand = this.#inHand();
    if (this.#isSpent || inHand < FEW || items >= inHand * SHARE) return false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isSpent = true;
      this.#onSpent();
    }, LONGEST_MS);
    return true;
  }

  /** A batch has left: the next has its own wait. */
  renew(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSpent = false;
  }
}
