import { createInbox, headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/nats-core';
import { trentError } from '@trent/errors';
import { AUDIT_HEADERS, auditStream, auditSubject } from '../message/wire-form.ts';
import { readAcknowledgement } from './acknowledgement.ts';
import type { Batch, Waiting } from './batch.ts';
import { MAX_RECORD_UNITS, TICK_MS } from './publish-limits.ts';
import { RegionLane, type AuditPublisherEvent } from './region-lane.ts';

/** What a publisher is built from. */
export interface AuditPublisherOptions {
  readonly nats: NatsConnection;
  /** The connection's user: its inboxes are under `_INBOX.<user>`. */
  readonly natsUser: string;
  readonly regions: readonly string[];
  /** Audit streams a region. */
  readonly streams: number;
  readonly zone: string;
  /** UUID of this process's incarnation: the batch numbers start from 1 with it. */
  readonly publisher: string;
  /** Requests that the process has in hand: with many, a small message waits a little for more records (stream-batcher's Patience). */
  readonly inHand?: () => number;
  readonly onEvent?: (event: AuditPublisherEvent) => void;
  /** Milliseconds, monotonic; the clock of the deadlines. */
  readonly now?: () => number;
}

/** Publishes records and says when they are stored. */
export interface AuditPublisher {
  /**
   * Resolves when JetStream's replicas have the record. Records of one turn share a message.
   * @param deadline in milliseconds of `performance.now()`; looked at every 50 ms
   * @throws ThrottlingException when too much waits; KMSInternalException when no stream has acknowledged it by the deadline
   */
  publish(region: string, record: string, deadline: number): Promise<void>;
  /** Sizes and counters by region. */
  state(): Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Takes no more, waits for what is under way (until its deadlines). */
  close(): Promise<void>;
}

/**
 * Opens the way to the audit streams. A plain publish with an inbox of its own: `jetstream().publish` makes a promise race, a timer and a
 * stack trace for each message and costs twice the CPU (docs/performance.md).
 */
export function openAuditPublisher(options: AuditPublisherOptions): AuditPublisher {
  return new NatsAuditPublisher(options);
}

class NatsAuditPublisher implements AuditPublisher {
  readonly #options: AuditPublisherOptions;
  readonly #now: () => number;
  readonly #inbox: string;
  readonly #answers: Subscription;
  readonly #lanes: ReadonlyMap<string, RegionLane>;
  #batches = 0;
  #timer: NodeJS.Timeout | undefined;
  #closing: (() => void) | undefined;

  constructor(options: AuditPublisherOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#inbox = createInbox(`_INBOX.${options.natsUser}`);
    this.#answers = options.nats.subscribe(`${this.#inbox}.*.*.*`, { callback: (_error, message) => this.#answered(message) });
    this.#lanes = new Map(options.regions.map((region) => [region, this.#openLane(region)]));
    void this.#resendAfterReconnect();
  }

  publish(region: string, record: string, deadline: number): Promise<void> {
    const lane = this.#lanes.get(region);
    if (lane === undefined || this.#closing !== undefined || record.length > MAX_RECORD_UNITS) {
      return Promise.reject(trentError('KMSInternalException', 'The request could not be recorded.'));
    }
    return new Promise((resolve, reject) => {
      const settle: Waiting['settle'] = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
      lane.push({ record, deadline, settle });
      this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    });
  }

  state(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries([...this.#lanes].map(([region, lane]) => [region, lane.state()]));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closing = resolve;
      this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    });
    clearInterval(this.#timer);
    this.#answers.unsubscribe();
  }

  #openLane(region: string): RegionLane {
    const { streams, zone, onEvent, inHand } = this.#options;
    return new RegionLane({
      region,
      streams,
      preferred: (zone.charCodeAt(zone.length - 1) || 0) % streams,
      now: this.#now,
      nextBatch: () => ++this.#batches,
      send: (to, batch) => this.#send(to, batch),
      onEvent: onEvent ?? (() => undefined),
      ...(inHand && { inHand }),
    });
  }

  #send(region: string, { number, stream, body }: Batch): void {
    const { nats, publisher } = this.#options;
    const batch = String(number);
    const fields = headers();
    fields.set(AUDIT_HEADERS.publisher, publisher);
    fields.set(AUDIT_HEADERS.batch, batch);
    fields.set('Nats-Msg-Id', `${publisher}:${batch}`);
    nats.publish(auditSubject(region, stream), body, { headers: fields, reply: `${this.#inbox}.${region}.${stream}.${batch}` });
  }

  /** An answer's subject says which message to which stream it is about. */
  #answered(message: Msg): void {
    const [region = '', stream = '', batch = ''] = message.subject.slice(this.#inbox.length + 1).split('.');
    const lane = this.#lanes.get(region);
    const acknowledgement = readAcknowledgement(message, auditStream(region, Number(stream)));
    if (acknowledgement.stored) lane?.acknowledged(Number(batch));
    else lane?.refused(Number(batch), Number(stream), acknowledgement.why);
  }

  #tick(): void {
    for (const lane of this.#lanes.values()) lane.tick();
    const lanes = [...this.#lanes.values()];
    if (this.#closing !== undefined && !lanes.some(({ awaited }) => awaited)) this.#closing();
    if (this.#closing === undefined && lanes.every(({ idle }) => idle)) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  async #resendAfterReconnect(): Promise<void> {
    for await (const status of this.#options.nats.status()) {
      if (status.type === 'reconnect') for (const lane of this.#lanes.values()) lane.resend();
    }
  }
}
