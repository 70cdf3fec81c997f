import { MAX_BATCH_ITEMS } from './batcher.ts';
import { FairQueue } from './fair-queue.ts';

/** A piece of work that takes microseconds. */
export interface Runnable {
  run(): void;
}

/** Items of one turn of the event loop: about two milliseconds of work, after which the sockets are read again. */
const ITEMS_A_TURN = MAX_BATCH_ITEMS;

/**
 * Shares one event loop fairly among accounts: what comes while there is time in this turn runs at once, the rest waits in a line for each account,
 * and the accounts take turns. So an account at full rate costs another at most a turn, not its whole queue.
 */
export class FairTurns {
  readonly #queue = new FairQueue<Runnable>();
  readonly #next = (): void => this.#turn();
  #left = ITEMS_A_TURN;
  #scheduled = false;

  /** Pieces of work that wait. Who submits them bounds them: streams by their items in flight. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs a piece of work for an account, now or when its turn comes. */
  submit(account: string, work: Runnable): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#next);
    }
    if (this.#left > 0 && this.#queue.length === 0) {
      this.#left--;
      work.run();
    } else this.#queue.push(account, work);
  }

  #turn(): void {
    this.#left = ITEMS_A_TURN;
    while (this.#left > 0) {
      const work = this.#queue.shift();
      if (work === undefined) break;
      this.#left--;
      work.run();
    }
    // Whoever was idle has a whole turn's work to spend at once.
    this.#scheduled = this.#left < ITEMS_A_TURN;
    if (this.#scheduled) setImmediate(this.#next);
  }
}
