import { randomBytes } from 'node:crypto';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import { defineEvents, type Logger, type Metrics } from '@trent/bootstrap';
import { asTrentError, fail } from '@trent/errors';
import { changesSubject, confirmsSubject, decodeConfirm, encodeChanges } from '@trent/feed';
import type { Change, RenewRequest, RenewResponse } from '@trent/feed';
import { DEFAULT_PATIENCE_MS, type Database } from '@trent/postgres';
import { Barrier } from './barrier.ts';
import { ChangeMeter } from './change-meter.ts';
import { commitChange, type ChangeWork, type Committed, type Idempotency, type Outcome } from './commit-change.ts';
import { every } from './every.ts';
import { Leases } from './leases.ts';
import { RecentChanges } from './recent-changes.ts';
import { Relay } from './relay.ts';
import { answerRenew, type ServedFeed } from './renewals.ts';
import { cleanTables, sweepOutbox } from './sweeper.ts';

const SWEEP_EVERY_MS = 1_000;
const CLEAN_EVERY_MS = 60_000;
/** Dead leases are noticed within HOLD_MS and this. */
const OBSERVE_EVERY_MS = 500;

const changeEvents = defineEvents({
  swept: 'outbox.swept',
  sweepFailed: 'outbox.sweep_failed',
  refused: 'feed.confirm_refused',
  publishFailed: 'feed.publish_failed',
});

/** What a writer needs. */
export interface WriterOptions {
  readonly db: Database;
  /** The writer's schema; names the publisher of its records, `outbox.<schema>`. */
  readonly schema: string;
  /** Every feed it writes; made when missing. */
  readonly feeds: readonly string[];
  readonly nats: Pick<NatsConnection, 'publish' | 'subscribe'>;
  readonly jetstream: Pick<JetStreamClient, 'publish'>;
  /** Subject of a region's audit stream for the nth try: another stream each time. */
  readonly auditSubject: (region: string, attempt: number) => string;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'histogram'>;
  /** When this process started, on the scale of performance.now(): 0 unless a test plays several. */
  readonly startedAtMs?: number;
}

/** Settings of one change. */
export interface ChangeOptions {
  /** Undefined for calls that may not be repeated or whose answer may not be kept. */
  readonly idempotency?: Idempotency | undefined;
  /** On the scale of performance.now(). A follower that died is waited for up to 2.1 s. Default: 5 s from now. */
  readonly deadline?: number;
}

/** The writing side of a service: changes that are recorded, and obeyed everywhere, when they are answered. */
export interface ChangeWriter {
  /**
   * One change: work, idempotency row, records and log are one transaction; then its records go to JetStream until acknowledged, and
   * every replica that holds the feed in view confirms.
   * @returns the answer; of a repeated call, the first one's
   * @throws whatever `work` throws (nothing is changed then); TrentError DependencyTimeoutException when the store is not reached, and
   * KMSInternalException when the change is made but not acknowledged or obeyed by the deadline: a repeat of the call gets its answer
   */
  change(options: ChangeOptions, work: ChangeWork): Promise<Uint8Array>;
  /** FeedService.Renew */
  renew(request: RenewRequest): Promise<RenewResponse>;
  /** For gauges and /debug/state. */
  state(): { readonly changing: number; readonly feeds: Readonly<Record<string, { readonly head: bigint; readonly waiting: number }>> };
  /** Waits for running changes, then stops. */
  close(): Promise<void>;
}

/** Opens the writing side: makes the feeds' rows, hears confirms, sweeps what others left behind. */
export async function openWriter(options: WriterOptions): Promise<ChangeWriter> {
  const leases = new Leases(options.db);
  const feeds = new Map<string, ServedFeed>();
  for (const { name, sequence, seal_key: key } of await ensureFeeds(options)) {
    const barrier = new Barrier({ feed: name, leases, startedAtMs: options.startedAtMs ?? 0 });
    feeds.set(name, { barrier, recent: new RecentChanges(key, sequence) });
  }
  const writer = new OpenChangeWriter(options, leases, feeds);
  writer.start();
  return writer;
}

async function ensureFeeds(options: WriterOptions): Promise<{ name: string; sequence: bigint; seal_key: Buffer }[]> {
  for (const feed of options.feeds) {
    await options.db.query('insert into feed_head (name, seal_key) values ($1, $2) on conflict do nothing', [feed, randomBytes(32)]);
  }
  const { rows } = await options.db.query<{ name: string; sequence: bigint; seal_key: Buffer }>(
    'select name, sequence, seal_key from feed_head where name = any($1::text[])',
    [options.feeds],
  );
  return rows;
}

class OpenChangeWriter implements ChangeWriter {
  readonly #options: WriterOptions;
  readonly #leases: Leases;
  readonly #feeds: ReadonlyMap<string, ServedFeed>;
  readonly #relay: Relay;
  readonly #meter: ChangeMeter;
  readonly #changing = new Set<Promise<unknown>>();
  #subscriptions: Subscription[] = [];
  #tasks: { stop: () => Promise<void> }[] = [];
  #isClosed = false;

  constructor(options: WriterOptions, leases: Leases, feeds: ReadonlyMap<string, ServedFeed>) {
    const { db, jetstream, schema, auditSubject: subject } = options;
    this.#options = options;
    this.#leases = leases;
    this.#feeds = feeds;
    this.#relay = new Relay({ db, jetstream, schema, subject });
    this.#meter = new ChangeMeter(options.metrics);
  }

  start(): void {
    this.#subscriptions = [...this.#feeds].map(([name, served]) => this.#hearConfirms(name, served));
    this.#tasks = [
      every(OBSERVE_EVERY_MS, async () => this.#observe()),
      every(SWEEP_EVERY_MS, async () => this.#sweep()),
      every(CLEAN_EVERY_MS, async () => cleanTables(this.#options.db).catch(() => false)),
    ];
  }

  async change(options: ChangeOptions, work: ChangeWork): Promise<Uint8Array> {
    if (this.#isClosed) fail('KMSInternalException', 'The service is shutting down.');
    const change = this.#change(options, work);
    this.#changing.add(change);
    try {
      return await change;
    } finally {
      this.#changing.delete(change);
    }
  }

  async renew(request: RenewRequest): Promise<RenewResponse> {
    return answerRenew({ db: this.#options.db, leases: this.#leases, feeds: this.#feeds }, request);
  }

  state(): ReturnType<ChangeWriter['state']> {
    const feeds = [...this.#feeds].map(([name, { barrier, recent }]) => [name, { head: recent.head, waiting: barrier.waiting }] as const);
    return { changing: this.#changing.size, feeds: Object.fromEntries(feeds) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#changing]);
    await Promise.all(this.#tasks.map(async (task) => task.stop()));
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#relay.settled();
  }

  async #change({ idempotency, deadline = performance.now() + DEFAULT_PATIENCE_MS }: ChangeOptions, work: ChangeWork): Promise<Uint8Array> {
    const begunAt = performance.now();
    const committed = await commitChange(this.#options.db, idempotency, deadline, async (tx) => this.#checked(await work(tx)));
    const committedAt = performance.now();
    this.#publish(committed);
    let [recordedAt, obeyedAt] = [committedAt, committedAt];
    const outcomes = await Promise.allSettled([
      ...committed.outbox.map(async (row) => {
        await this.#relay.publish(row, deadline);
        this.#relay.mark(row.id);
        recordedAt = performance.now();
      }),
      ...[...committed.barriers].map(async ([feed, sequence]) => {
        await this.#serving(feed).barrier.pass(sequence, deadline);
        obeyedAt = performance.now();
      }),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw asTrentError(outcome.reason);
    if (committed.barriers.size > 0) this.#meter.observe({ begunAt, committedAt, recordedAt, obeyedAt });
    return committed.answer;
  }

  /** A change of a feed that nobody serves would be heard by nobody: refused before it is committed. */
  #checked(outcome: Outcome): Outcome {
    for (const { feed } of outcome.changes) this.#serving(feed);
    return outcome;
  }

  #serving(feed: string): ServedFeed {
    const served = this.#feeds.get(feed);
    if (served === undefined) throw new TypeError(`this writer does not serve the feed ${feed}`);
    return served;
  }

  /** Tells followers. What NATS does not bring them they fetch with their next renewal. */
  #publish({ changes }: Committed): void {
    for (const [feed, own] of changes) {
      const served = this.#serving(feed);
      served.recent.add(own);
      this.#publishOn(feed, served, [...own]);
    }
  }

  #publishOn(feed: string, served: ServedFeed, changes: Change[]): void {
    try {
      this.#options.nats.publish(changesSubject(feed), encodeChanges(served.recent.sealKey, feed, changes));
    } catch (error) {
      this.#options.log.warn(changeEvents.publishFailed, { feed }, error);
    }
  }

  #hearConfirms(feed: string, { barrier, recent }: ServedFeed): Subscription {
    return this.#options.nats.subscribe(confirmsSubject(feed), {
      callback: (error, message) => {
        if (error !== null) return;
        const confirm = decodeConfirm(recent.sealKey, feed, message.data);
        if (confirm === undefined) this.#options.log.warn(changeEvents.refused, { feed });
        else barrier.confirm(confirm.follower, confirm.applied);
      },
    });
  }

  async #observe(): Promise<boolean> {
    try {
      const reading = await this.#leases.read();
      for (const { barrier } of this.#feeds.values()) await barrier.observe(reading);
    } catch {
      // The store is out of reach: leases are looked at again in half a second.
    }
    return false;
  }

  async #sweep(): Promise<boolean> {
    try {
      const { relayed, isFull } = await sweepOutbox(this.#options.db, this.#relay);
      if (relayed > 0) this.#options.log.info(changeEvents.swept, { count: relayed, schema: this.#options.schema });
      return isFull;
    } catch (error) {
      this.#options.log.debug(changeEvents.sweepFailed, { schema: this.#options.schema }, error);
      return false;
    }
  }
}
