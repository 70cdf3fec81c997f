import type { JetStreamClient } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { AUDIT_HEADERS, messageBody, OUTBOX_PREFIX } from '@trent/audit-record';
import type { Database } from '@trent/postgres';
import type { OutboxRow } from './commit-change.ts';
import { publishUntilAcknowledged } from './publish-until-acknowledged.ts';

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
    const publication = {
      subject: (attempt: number) => this.#subject(row.region, attempt),
      body: messageBody([row.record]),
      options: { msgID: `${this.#publisher}:${batch}`, headers: own },
    };
    await publishUntilAcknowledged(this.#jetstream, publication, deadline, 'The change is made, but its record is not acknowledged yet.');
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
