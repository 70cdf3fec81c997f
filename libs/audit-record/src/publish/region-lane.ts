import { trentError } from '@trent/errors';
import { Patience } from '@trent/stream-batcher';
import { newBatch, RecordQueue, type Batch, type Waiting } from './batch.ts';
import {
  ACK_TIMEOUT_MS,
  DIVERSION_MS,
  ENOUGH_RECORDS,
  ENOUGH_UNITS,
  MAX_IN_FLIGHT,
  MAX_QUEUED_UNITS,
  MAX_VOIDS,
  REFUSED_PAUSE_MS,
} from './publish-limits.ts';

/** What happened to a region's records besides being stored; for logs and counters. */
export type AuditPublisherEvent =
  | { readonly name: 'diverted'; readonly region: string; readonly stream: number; readonly why: string }
  | { readonly name: 'given-up'; readonly region: string; readonly batch: number; readonly records: number };

/** What a lane is built from. */
export interface LaneParts {
  readonly region: string;
  readonly streams: number;
  /** The stream whose leader is likely near. */
  readonly preferred: number;
  readonly now: () => number;
  readonly nextBatch: () => number;
  /** Requests that the process has in hand: with many, a small message waits a little for more records. Without it none waits. */
  readonly inHand?: () => number;
  /** Sends to `batch.stream`; may throw. */
  readonly send: (region: string, batch: Batch) => void;
  readonly onEvent: (event: AuditPublisherEvent) => void;
}

/**
 * The records of one region on their way: group commit, fail-over between the region's streams, bounds.
 * Knows no NATS: it is told of acknowledgements and refusals, and calls `send`.
 */
export class RegionLane {
  readonly #parts: LaneParts;
  readonly #patience: Patience | undefined;
  readonly #queue = new RecordQueue();
  readonly #inFlight = new Map<number, Batch>();
  /** Numbers of batches that were given up: declared void when a stream answers again, so that they leave no gap. */
  #voids: number[] = [];
  #stream: number;
  #divertedAt = Number.NEGATIVE_INFINITY;
  #flushScheduled = false;
  #stored = 0;
  #messages = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#stream = parts.preferred;
    this.#patience = parts.inHand && new Patience(parts.inHand, () => this.#flush());
  }

  /** Neither a record nor a message waits for an answer. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.size === 0;
  }

  /** Somebody waits for a record to be stored. */
  get awaited(): boolean {
    if (this.#queue.length > 0) return true;
    for (const { waiting } of this.#inFlight.values()) if (waiting.length > 0) return true;
    return false;
  }

  push(item: Waiting): void {
    if (this.#queue.units >= MAX_QUEUED_UNITS) {
      const text = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.';
      item.settle(trentError('ThrottlingException', text));
      return;
    }
    this.#queue.push(item);
    this.#scheduleFlush();
  }

  /** A stream has stored the batch, or had it already. Unknown numbers (late or repeated answers) are ignored. */
  acknowledged(number: number): void {
    const batch = this.#inFlight.get(number);
    if (batch === undefined) return;
    this.#inFlight.delete(number);
    this.#stored += batch.waiting.length;
    this.#messages++;
    for (const { settle } of batch.waiting) settle();
    this.#declareVoid();
    this.#scheduleFlush();
  }

  /** The stream said no (full, without a leader, not there): the next one at once, after a pause when all have said so. */
  refused(number: number, stream: number, why: string): void {
    const batch = this.#inFlight.get(number);
    if (batch?.stream !== stream) return;
    this.#divert(batch, why);
    batch.refusals++;
    if (batch.refusals % this.#parts.streams === 0) batch.dueAt = this.#parts.now() + REFUSED_PAUSE_MS;
    else this.#send(batch);
  }

  /** Looks at deadlines and missing acknowledgements. */
  tick(): void {
    const now = this.#parts.now();
    for (const { settle } of this.#queue.takeExpired(now)) settle(notRecorded());
    for (const batch of this.#inFlight.values()) this.#review(batch, now);
    this.#flush();
  }

  /** The connection is new: what was in flight may have been lost with the old one. */
  resend(): void {
    for (const batch of this.#inFlight.values()) this.#send(batch);
  }

  state(): Readonly<Record<string, number>> {
    const { length, units } = this.#queue;
    const batches = [...this.#inFlight.values()];
    const records = batches.reduce((sum, { waiting }) => sum + waiting.length, 0);
    return {
      stream: this.#stream,
      queued_records: length,
      queued_units: units,
      in_flight_messages: batches.length,
      in_flight_records: records,
      stored_records: this.#stored,
      stored_messages: this.#messages,
      voids: this.#voids.length,
    };
  }

  /** At the end of the turn, so that the records of one turn share a message. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#queue.length === 0) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#mayLeave()) {
      const batch = newBatch(this.#parts.nextBatch(), this.#queue.take());
      this.#patience?.renew();
      this.#inFlight.set(batch.number, batch);
      batch.stream = this.#chooseStream();
      this.#send(batch);
    }
  }

  /** Natural batching: alone at once; beside others when enough has gathered or the others are held up by a failing stream. */
  #mayLeave(): boolean {
    if (this.#inFlight.size >= MAX_IN_FLIGHT) return false;
    if (this.#queue.length >= ENOUGH_RECORDS || this.#queue.units >= ENOUGH_UNITS) return true;
    for (const { refusals, stream } of this.#inFlight.values()) if (refusals === 0 && stream === this.#stream) return false;
    return this.#patience?.holds(this.#queue.length) !== true;
  }

  #chooseStream(): number {
    const { now, preferred } = this.#parts;
    if (this.#stream !== preferred && now() - this.#divertedAt > DIVERSION_MS) this.#stream = preferred;
    return this.#stream;
  }

  #send(batch: Batch): void {
    batch.dueAt = this.#parts.now() + ACK_TIMEOUT_MS;
    try {
      this.#parts.send(this.#parts.region, batch);
    } catch {
      batch.dueAt = this.#parts.now() + REFUSED_PAUSE_MS; // the connection is closing: until the deadlines pass there may be another
    }
  }

  #review(batch: Batch, now: number): void {
    const expired = batch.waiting.filter(({ deadline }) => deadline <= now);
    if (expired.length > 0) {
      batch.waiting = batch.waiting.filter(({ deadline }) => deadline > now);
      for (const { settle } of expired) settle(notRecorded());
      if (batch.waiting.length === 0) {
        this.#giveUp(batch, expired.length);
        return;
      }
    }
    if (batch.dueAt > now) return;
    if (batch.refusals === 0) this.#divert(batch, 'no acknowledgement');
    batch.refusals = 0;
    this.#send(batch);
  }

  #divert(batch: Batch, why: string): void {
    const { streams, region, now, onEvent } = this.#parts;
    const failed = batch.stream;
    batch.stream = (failed + 1) % streams;
    if (failed !== this.#stream) return;
    this.#stream = batch.stream;
    this.#divertedAt = now();
    onEvent({ name: 'diverted', region, stream: failed, why });
  }

  /** All callers have got an error. The record may be stored all the same: then it is a record without an answer. */
  #giveUp(batch: Batch, records: number): void {
    this.#inFlight.delete(batch.number);
    if (this.#voids.length < MAX_VOIDS) this.#voids.push(batch.number);
    this.#parts.onEvent({ name: 'given-up', region: this.#parts.region, batch: batch.number, records });
  }

  /** An empty message under the number of a batch that was given up: nobody was answered, so nothing is missing. One at a time. */
  #declareVoid(): void {
    const number = this.#voids.shift();
    if (number === undefined) return;
    const batch = newBatch(number, []);
    this.#inFlight.set(number, batch);
    batch.stream = this.#stream;
    this.#send(batch);
  }
}

function notRecorded(): Error {
  return trentError('KMSInternalException', 'The request could not be recorded.');
}
