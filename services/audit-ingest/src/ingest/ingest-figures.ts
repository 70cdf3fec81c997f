import type { CounterMetric, Metrics } from '@trent/bootstrap';
import type { AuditMessage } from './read-message.ts';

/** What ingest does, in figures: at /metrics and in /debug/state. Counted once a commit. */
export class IngestFigures {
  stored = 0;
  repeated = 0;
  quarantined = 0;
  commits = 0;
  /** The last commit failed. */
  failing = false;
  /** How old the oldest record of the last commit was. */
  lagSeconds = 0;
  /** Batches that publishers numbered and that never came. */
  missing = 0;
  /** Messages in a stream that no reader has got yet. */
  readonly waiting = new Map<string, number>();
  readonly #epochMs: () => number;
  readonly #storedTotal: CounterMetric;
  readonly #repeatedTotal: CounterMetric;
  readonly #quarantinedTotal: CounterMetric;

  /** @param epochMs the wall clock, milliseconds since the epoch */
  constructor(metrics: Metrics, epochMs: () => number) {
    this.#epochMs = epochMs;
    this.#storedTotal = metrics.counter({ name: 'audit_records_stored_total', help: 'Records stored' });
    this.#repeatedTotal = metrics.counter({
      name: 'audit_records_repeated_total',
      help: 'Records that were stored already when they came',
    });
    this.#quarantinedTotal = metrics.counter({ name: 'audit_quarantined_total', help: 'Messages and records that could not be read' });
    const gauge = (name: string, help: string, read: () => number): void => metrics.gauge({ name, help, read });
    gauge('audit_lag_seconds', 'Age of the oldest record of the last commit', () => this.lagSeconds);
    gauge('audit_batches_missing', 'Batches that publishers numbered and that never came', () => this.missing);
    const help = 'Messages in a stream that no reader has got yet';
    metrics.gauge({ name: 'audit_messages_waiting', help, label: 'stream', read: () => this.waiting });
  }

  committed(messages: readonly AuditMessage[], stored: number, repeated: number): void {
    this.commits++;
    this.stored += stored;
    this.repeated += repeated;
    this.#storedTotal.add(stored);
    this.#repeatedTotal.add(repeated);
    const oldestUs = messages.reduce((oldest, { storedAtUs }) => Math.min(oldest, storedAtUs), Infinity);
    this.lagSeconds = Math.max(0, this.#epochMs() / 1000 - oldestUs / 1e6);
  }

  setApart(count: number): void {
    this.quarantined += count;
    this.#quarantinedTotal.add(count);
  }

  state(): Readonly<Record<string, unknown>> {
    const { stored, repeated, quarantined, commits, failing, lagSeconds, missing } = this;
    return { stored, repeated, quarantined, commits, failing, lagSeconds, missing, waiting: Object.fromEntries(this.waiting) };
  }
}
