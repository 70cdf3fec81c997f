import { failXks, XksFailure } from './failure.ts';

/** How many wait for one call that runs: past it waiting only makes it worse. */
const WAITING_PER_CALL = 4;

interface Waiter {
  readonly begin: () => void;
}

/** So many calls at once to one store, a bounded number behind them, none for longer than it may. */
export class CallLimit {
  readonly #calls: number;
  readonly #waiting = new Set<Waiter>();
  #running = 0;

  constructor(calls: number) {
    this.#calls = calls;
  }

  /**
   * Runs a call when its turn comes.
   * @param patienceMs how long it may wait for its turn
   * @throws XksFailure of kind TooManyCalls when too many wait, or it waited too long; what the call throws
   */
  async run<R>(patienceMs: number, call: () => Promise<R>): Promise<R> {
    if (this.#running < this.#calls) this.#running++;
    else await this.#turn(patienceMs);
    try {
      return await call();
    } finally {
      this.#next();
    }
  }

  state(): { readonly calls: number; readonly running: number; readonly waiting: number } {
    return { calls: this.#calls, running: this.#running, waiting: this.#waiting.size };
  }

  /** A call that ends hands its place to the one that has waited longest. */
  #next(): void {
    const [waiter] = this.#waiting;
    if (waiter === undefined) this.#running--;
    else {
      this.#waiting.delete(waiter);
      waiter.begin();
    }
  }

  #turn(patienceMs: number): Promise<void> {
    if (this.#waiting.size >= this.#calls * WAITING_PER_CALL) failXks('TooManyCalls');
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.#waiting.delete(waiter);
      reject(new XksFailure('TooManyCalls'));
    }, patienceMs);
    const waiter: Waiter = {
      begin: () => {
        clearTimeout(timer);
        resolve(undefined);
      },
    };
    this.#waiting.add(waiter);
    return promise;
  }
}
