import { build, type Histogram } from 'hdr-histogram-js';

/** Microseconds; a request that takes longer than this counts as this long. */
const LONGEST_US = 60_000_000;

/** Figures of a run, as they are printed and saved. Latencies in milliseconds. */
export interface RunFigures {
  readonly seconds: number;
  readonly answered: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** Failures by error code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** Collects latencies (HdrHistogram, three digits) and errors of a run. */
export class Measurement {
  readonly #latencies: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
  });
  readonly #errors = new Map<string, number>();

  answered(latencyMs: number): void {
    this.#latencies.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(latencyMs * 1000))));
  }

  failed(error: unknown): void {
    const code = codeOf(error);
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  figures(elapsedMs: number): RunFigures {
    const at = (percentile: number): number => this.#latencies.getValueAtPercentile(percentile) / 1000;
    const answered = this.#latencies.totalCount;
    const errors = Object.fromEntries([...this.#errors].sort(([, a], [, b]) => b - a));
    return {
      seconds: elapsedMs / 1000,
      answered,
      opsPerSecond: (answered * 1000) / elapsedMs,
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: answered === 0 ? 0 : this.#latencies.maxValue / 1000,
      errors,
      failed: Object.values(errors).reduce((sum, count) => sum + count, 0),
    };
  }
}

/** The error's code: AWS's name from whichever wire, else the system's (ECONNRESET), else its message. */
function codeOf(error: unknown): string {
  if (!(error instanceof Object)) return String(error);
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) return String(error.code);
  return 'message' in error ? String(error.message) : 'unknown';
}
