import { Patience } from './patience.ts';

/** Bounds of a batch and what to do with it. */
export interface BatcherOptions<T> {
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Bytes of an item on the wire; an estimate is enough. */
  readonly sizeOf: (item: T) => number;
  /** Batches on their way at once: `flush` is not called again until `done` has been called often enough. */
  readonly window: number;
  /** So many items leave although the window is full; without it they wait. */
  readonly enough?: number;
  /** Requests that the process has in hand: with many, a small batch waits a little for more. Without it none waits. */
  readonly inHand?: () => number;
  /** Sends a batch. The array is the receiver's to keep. */
  readonly flush: (items: T[]) => void;
}

/** Items of a batch: from 32 to 64 the cost of an item still falls by a tenth, beyond that latency grows for nothing. */
export const MAX_BATCH_ITEMS = 64;
/** Bytes of a batch: what one HTTP/2 flow-control window takes. */
export const MAX_BATCH_BYTES = 65_536;
/** Batches that wait for the socket: enough to keep it busy, few enough that a slow one makes batches grow. */
export const WRITE_WINDOW = 8;

/**
 * Gathers what is pushed during one turn of the event loop and sends it as one batch in the next: batching without timers. A lone item waits
 * for nothing but the end of its turn; under load turns are longer and batches grow by themselves.
 */
export class Batcher<T> {
  readonly #options: BatcherOptions<T>;
  readonly #run = (): void => this.#flushAll();
  readonly #patience: Patience | undefined;
  #queue: T[] = [];
  #outstanding = 0;
  #scheduled = false;

  constructor(options: BatcherOptions<T>) {
    this.#options = options;
    this.#patience =
      options.inHand &&
      new Patience(options.inHand, () => {
        if (this.#queue.length > 0 && !this.#scheduled) this.#schedule();
      });
  }

  /** Items that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Adds an item; it leaves with the next batch. */
  push(item: T): void {
    this.#queue.push(item);
    if (!this.#scheduled && this.#mayLeave()) this.#schedule();
  }

  /** Says that a batch has arrived, so that another may leave. */
  done(): void {
    this.#outstanding--;
    if (this.#queue.length > 0 && !this.#scheduled) this.#schedule();
  }

  /** Takes back what has not been sent. */
  takeAll(): T[] {
    const items = this.#queue;
    this.#queue = [];
    return items;
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #mayLeave(): boolean {
    const { window, enough = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#queue.length >= enough) return true;
    return this.#outstanding < window && this.#patience?.holds(this.#queue.length) !== true;
  }

  #flushAll(): void {
    this.#scheduled = false;
    while (this.#queue.length > 0 && this.#mayLeave()) {
      const items = this.#next();
      this.#outstanding++;
      this.#patience?.renew();
      this.#options.flush(items);
    }
  }

  /** The items of the next batch: at least one, however large it is. */
  #next(): T[] {
    const { maxItems, maxBytes, sizeOf } = this.#options;
    const queue = this.#queue;
    const limit = Math.min(queue.length, maxItems);
    let count = 0;
    let bytes = 0;
    for (; count < limit; count++) {
      bytes += sizeOf(queue[count] as T);
      if (bytes > maxBytes && count > 0) break;
    }
    if (count === queue.length) return this.takeAll(); // the usual case: no copy
    this.#queue = queue.slice(count);
    return queue.slice(0, count);
  }
}
