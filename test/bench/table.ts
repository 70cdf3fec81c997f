import { operationForms } from '../load/operations.ts';
import { processColumns, rowName, type BenchReport, type BenchRow } from './bench-row.ts';

const wireTitles: Readonly<Record<BenchRow['wire'], string>> = {
  https: 'HTTPS + SigV4',
  unary: 'gRPC unary',
  batch: 'gRPC batch',
  worker: 'worker alone',
  raw: 'raw PKCS#11',
};

/** The report as one table: CPU seconds per 1,000 operations in total and by process, the load generator's apart. */
export function benchTable(report: BenchReport, before?: BenchReport): string[] {
  return alignColumns(tableRows(report, before));
}

/** The same table as Markdown, for `docs/performance.md`. */
export function benchMarkdown(report: BenchReport, before?: BenchReport): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [titles = [], ...rows] = tableRows(report, before);
  return [line(titles), line(titles.map((_, i) => (i < 2 ? '---' : '--:'))), ...rows.map(line)];
}

function tableRows(report: BenchReport, before: BenchReport | undefined): readonly (readonly string[])[] {
  const compared = before === undefined ? [] : ['before', 'change'];
  const head = ['operation', 'by', 'in flight', 'ops/s', 'CPU s/1,000', ...compared];
  const titles = [...head, ...processColumns, '(generator)', 'p50 ms', 'p99 ms', 'errors', 'records'];
  const known = new Map(before?.rows.map((row) => [rowName(row), row]));
  const rows = report.rows.map((row) => cells(row, before === undefined ? undefined : { row: known.get(rowName(row)) }));
  return [titles, ...rows];
}

function cells(row: BenchRow, before: { readonly row: BenchRow | undefined } | undefined): string[] {
  const failed = Object.entries(row.errors).map(([code, count]) => `${code} ${count}`);
  return [
    operationForms[row.operation].title,
    wireTitles[row.wire],
    String(row.inFlight),
    row.opsPerSecond.toFixed(0),
    perThousand(row.totalPerThousand),
    ...(before === undefined ? [] : change(before.row, row)),
    ...processColumns.map((column) => perThousand(row.perThousand[column])),
    perThousand(row.generatorPerThousand),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    failed.length === 0 ? '0' : failed.join(', '),
    row.records === undefined ? '–' : `${row.records}/${row.answered}`,
  ];
}

function perThousand(seconds: number): string {
  return seconds === 0 ? '·' : seconds.toFixed(seconds < 0.0995 ? 4 : 3);
}

function change(before: BenchRow | undefined, now: BenchRow): string[] {
  if (before === undefined || before.totalPerThousand === 0) return ['–', '–'];
  const percent = (now.totalPerThousand / before.totalPerThousand - 1) * 100;
  return [perThousand(before.totalPerThousand), `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(0)} %`];
}

/** Columns of equal width: words to the left, figures to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** What the table does not say: machine, cost of doing nothing, records against answers. */
export function benchNotes(report: BenchReport): string[] {
  const idle = processColumns.map((column) => `${column} ${(report.idle[column] * 1000).toFixed(0)}`).join(', ');
  const worker = ratioToRaw(report);
  return [
    `machine: ${report.machine}; ${report.secondsEach} s a row${report.rounds > 1 ? `, the cheapest of ${report.rounds} rounds each` : ''}`,
    `idle, CPU ms a second: ${idle}`,
    ...(worker === undefined ? [] : [`worker alone: ${worker} of raw PKCS#11's operations per CPU second`]),
    `requests answered ${report.answeredInAll}, records in Postgres ${report.recordsInAll}: ${
      report.answeredInAll === report.recordsInAll ? 'each has its own' : 'THEY DIFFER'
    }`,
  ];
}

function ratioToRaw({ rows }: BenchReport): string | undefined {
  const ratios = rows
    .filter(({ wire, inFlight }) => wire === 'worker' && inFlight > 1)
    .map((row) => {
      const raw = rows.find(({ wire, operation }) => wire === 'raw' && operation === row.operation);
      if (raw === undefined) return undefined;
      return `${operationForms[row.operation].title} ${((raw.totalPerThousand / row.perThousand['crypto-worker']) * 100).toFixed(0)} %`;
    })
    .filter((ratio) => ratio !== undefined);
  return ratios.length === 0 ? undefined : ratios.join(', ');
}
