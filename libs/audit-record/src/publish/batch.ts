import { messageBody } from '../message/wire-form.ts';
import { MAX_RECORDS, MAX_UNITS } from './publish-limits.ts';

/** A record that waits for its acknowledgement. `settle` is called once, without an error when the record is stored. */
export interface Waiting {
  readonly record: string;
  /** Milliseconds of the publisher's clock. */
  readonly deadline: number;
  readonly settle: (error?: Error) => void;
}

/** One message: published until a stream acknowledges it or nobody waits for it any more. */
export interface Batch {
  readonly number: number;
  readonly body: Buffer;
  /** Those who still wait. */
  waiting: readonly Waiting[];
  stream: number;
  /** When it is due to go to the next stream. */
  dueAt: number;
  /** Streams that have refused it since it last waited. */
  refusals: number;
}

/** Records not yet in a message, in order. */
export class RecordQueue {
  #items: Waiting[] = [];
  #units = 0;

  get length(): number {
    return this.#items.length;
  }

  get units(): number {
    return this.#units;
  }

  push(item: Waiting): void {
    this.#items.push(item);
    this.#units += item.record.length;
  }

  /** What goes into the next message. */
  take(): Waiting[] {
    let count = 0;
    let units = 0;
    for (const { record } of this.#items) {
      if (count === MAX_RECORDS || (count > 0 && units + record.length > MAX_UNITS)) break;
      count++;
      units += record.length;
    }
    this.#units -= units;
    return this.#items.splice(0, count);
  }

  /** Takes out those whose deadline has passed. */
  takeExpired(now: number): Waiting[] {
    const expired = this.#items.filter(({ deadline }) => deadline <= now);
    if (expired.length > 0) {
      this.#items = this.#items.filter(({ deadline }) => deadline > now);
      this.#units = this.#items.reduce((sum, { record }) => sum + record.length, 0);
    }
    return expired;
  }
}

/** The message of these records. */
export function newBatch(number: number, waiting: readonly Waiting[]): Batch {
  const body = Buffer.from(messageBody(waiting.map(({ record }) => record)));
  return { number, body, waiting, stream: 0, dueAt: 0, refusals: 0 };
}
