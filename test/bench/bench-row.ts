import type { LoadOperation } from '../load/operations.ts';
import type { RunFigures } from '../load/measurement.ts';
import type { Wire } from '../load/open-target.ts';

/** Columns of processes, in the order of the road. */
export const processColumns = ['gateway', 'policy', 'crypto-worker', 'key-metadata', 'audit-ingest', 'nats', 'postgres', 'redis'] as const;
export type ProcessColumn = (typeof processColumns)[number];

/** CPU seconds by process. */
export type CpuSeconds = Readonly<Record<ProcessColumn, number>>;

/** One measured line of the table. */
export interface BenchRow {
  readonly operation: LoadOperation;
  /** `raw`: the PKCS#11 calls alone, in one process. */
  readonly wire: Wire | 'raw';
  readonly inFlight: number;
  readonly answered: number;
  readonly opsPerSecond: number;
  /** CPU seconds per 1,000 operations: all processes of the cluster together. */
  readonly totalPerThousand: number;
  readonly perThousand: CpuSeconds;
  /** CPU seconds per 1,000 of the load generator; not in the total. */
  readonly generatorPerThousand: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Records in Postgres that arrived during the run; undefined where none are made. */
  readonly records?: number;
}

/** All that a run of the bench found out. */
export interface BenchReport {
  readonly version: 1;
  readonly at: string;
  readonly machine: string;
  readonly secondsEach: number;
  /** Of each row the cheapest of so many rounds is shown. */
  readonly rounds: number;
  /** CPU seconds a second that the cluster uses when nobody asks anything. */
  readonly idle: CpuSeconds;
  readonly rows: readonly BenchRow[];
  readonly answeredInAll: number;
  readonly recordsInAll: number;
}

/** Name of a row, the same in every run. */
export function rowName({ operation, wire, inFlight }: Pick<BenchRow, 'operation' | 'wire' | 'inFlight'>): string {
  return `${operation} ${wire} ${inFlight === 1 && wire !== 'raw' ? 'lone' : ''}`.trim();
}

/** Makes a row of what was measured. */
export function toRow(
  which: Pick<BenchRow, 'operation' | 'wire' | 'inFlight'>,
  figures: RunFigures,
  cpu: CpuSeconds,
  generatorSeconds: number,
  records: number | undefined,
): BenchRow {
  const thousands = figures.answered / 1000;
  const perThousand = eachProcess((column) => cpu[column] / thousands);
  return {
    ...which,
    answered: figures.answered,
    opsPerSecond: figures.opsPerSecond,
    totalPerThousand: processColumns.reduce((sum, column) => sum + perThousand[column], 0),
    perThousand,
    generatorPerThousand: generatorSeconds / thousands,
    p50Ms: figures.p50Ms,
    p99Ms: figures.p99Ms,
    errors: figures.errors,
    ...(records === undefined ? {} : { records }),
  };
}

/** A figure for every process. */
export function eachProcess(figure: (column: ProcessColumn) => number): Record<ProcessColumn, number> {
  return Object.fromEntries(processColumns.map((column) => [column, figure(column)])) as Record<ProcessColumn, number>;
}
