import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamClient } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { AUDIT_HEADERS, messageBody, OUTBOX_PREFIX } from '@trent/audit-record';
import { trentError } from '@trent/errors';
import type { Database } from '@trent/postgres';
import type { OutboxRow } from './commit-change.ts';

/** No acknowledgement after this long: a stream without a leader (DESIGN 9); the next one takes the same message. */
const ACK_PATIENCE_MS = 300;
/** Pause after a refusal that came at once (no stream, no connection). */
const REFUSED_PAUSE_MS = 50;

const MARK = 'update audit_outbox set relayed_at = clock_timestamp() where id = any($1::bigint[])';

/** Brings outbox rows to JetStream: one row a message, publisher `outbox.<schema>`, batch = row id. */
export class Relay {
  readonly #jetstream: Pick<JetStreamClient, 'publish'>;
  readonly #publisher: string;
  readonly #subject: (region: string, attempt: number) => string;
  readonly #db: Database;
  #marks: bigint[] = [];
  #marking: Promise<void> | undefined;

  constructor(options: {
    readonly jetstream: Pick<JetStreamClient, 'publish'>;
    readonly schema: string;
    readonly subject: (region: string, attempt: number) => string;
    readonly db: Database;
  }) {
    this.#jetstream = options.jetstream;
    this.#publisher = `${OUTBOX_PREFIX}${options.schema}`;
    this.#subject = options.subject;
    this.#db = options.db;
  }

  /**
   * Publishes a row until a stream acknowledges it. Publishing it again, here or by another process, does no harm: the stream drops
   * what it has, and audit-ingest stores (publisher, batch) once.
   * @throws TrentError KMSInternalException (retryable) when no stream has acknowledged it by the deadline
   */
  async publish(row: OutboxRow, deadline: number): Promise<void> {
    const batch = String(row.id);
    const own = headers();
    own.set(AUDIT_HEADERS.publisher, this.#publisher);
    own.set(AUDIT_HEADERS.batch, batch);
    const body = messageBody([row.record]);
    let cause: unknown;
    for (let attempt = 0; ; attempt++) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw trentError('KMSInternalException', 'The change is made, but its record is not acknowledged yet.', { cause });
      try {
        const timeout = Math.max(1, Math.min(ACK_PATIENCE_MS, Math.ceil(leftMs)));
        await this.#jetstream.publish(this.#subject(row.region, attempt), body, {
          msgID: `${this.#publisher}:${batch}`,
          headers: own,
          timeout,
        });
        return;
      } catch (error) {
        cause = error;
        await delay(Math.max(0, Math.min(REFUSED_PAUSE_MS, deadline - performance.now())));
      }
    }
  }

  /** Notes that a row is acknowledged; many notes go as one statement. A lost note means that the sweeper publishes the row again. */
  mark(id: bigint): void {
    this.#marks.push(id);
    this.#marking ??= this.#markAll();
  }

  /** Resolves when all notes are written, or lost. */
  async settled(): Promise<void> {
    await this.#marking;
  }

  async #markAll(): Promise<void> {
    while (this.#marks.length > 0) {
      const ids = this.#marks;
      this.#marks = [];
      await this.#db.query(MARK, [ids], { name: 'outbox-mark' }).catch(() => undefined);
    }
    this.#marking = undefined;
  }
}
