import type { HistogramMetric, Metrics } from '@trent/bootstrap';

/** Moments of one change, in milliseconds of `performance.now()`. */
export interface ChangeTimes {
  readonly begunAt: number;
  readonly committedAt: number;
  /** Its records are acknowledged. */
  readonly recordedAt: number;
  /** Every replica that holds the feed in view obeys it. */
  readonly obeyedAt: number;
}

/** Fine enough for the quantiles of what takes milliseconds, up to a follower that died (HOLD_MS). */
const BUCKETS = [
  0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5,
];

/** How long changes take that wait in a barrier, and how much of it is the barrier's. */
export class ChangeMeter {
  readonly #seconds: HistogramMetric;

  constructor(metrics: Pick<Metrics, 'histogram'>) {
    this.#seconds = metrics.histogram({
      name: 'change_seconds',
      help: 'Changes that every replica obeys before the answer, from begin to "committed", "recorded" and "answered"; "barrier": what waiting for replicas adds to committing and recording',
      labels: ['part'],
      buckets: BUCKETS,
    });
  }

  observe({ begunAt, committedAt, recordedAt, obeyedAt }: ChangeTimes): void {
    const keptAt = Math.max(committedAt, recordedAt);
    const answeredAt = Math.max(keptAt, obeyedAt);
    this.#seconds.observe((committedAt - begunAt) / 1000, 'committed');
    this.#seconds.observe((keptAt - begunAt) / 1000, 'recorded');
    this.#seconds.observe((answeredAt - begunAt) / 1000, 'answered');
    this.#seconds.observe((answeredAt - keptAt) / 1000, 'barrier');
  }
}
