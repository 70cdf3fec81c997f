import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { clusterAccess } from '../load/cluster-access.ts';
import { openOwnToken } from '../load/hsm.ts';
import type { RawFigures } from '../load/hsm-process.ts';
import { makeWorkload } from '../load/make-workload.ts';
import { loadOperations, operationForms, type LoadOperation } from '../load/operations.ts';
import { wires } from '../load/open-target.ts';
import { positive, wholeNumber } from '../load/option-values.ts';
import { isServed, type Workload } from '../load/workload.ts';
import { difference, openBenchCluster, type BenchCluster } from './bench-cluster.ts';
import { eachProcess, rowName, type BenchReport, type BenchRow, type CpuSeconds } from './bench-row.ts';
import { Generator } from './generator.ts';
import { measureRow } from './measure-row.ts';
import { planRows, type PlannedRow } from './plan.ts';
import { RecordCounter } from './records.ts';
import { benchMarkdown, benchNotes, benchTable } from './table.ts';

interface Options {
  readonly seconds: number;
  readonly rounds: number;
  readonly only: readonly string[];
  readonly compare?: string;
  readonly save: string;
  readonly data?: string;
  readonly profile?: string;
  readonly markdown: boolean;
}

const RAW_SECONDS = 1;
const IDLE_MS = 3_000;

/** `npm run bench`: what an operation costs, by wire and by process. It measures; it asserts nothing about time. */
const program = new Command('npm run bench --')
  .description('start a cluster of its own, measure every operation on every wire, print one table')
  .option('--seconds <n>', 'how long each row is measured', positive, 4)
  .option(
    '--rounds <n>',
    'measure all rows so often and show of each its cheapest round: what others do to the machine is no cost of ours',
    wholeNumber,
    1,
  )
  .option('--only <rows>', 'rows that have these words, comma-separated: "encrypt https,lone"', list, [])
  .option('--compare <file>', 'a saved report to compare with')
  .option('--save <file>', 'where the report goes, as JSON', join('dist', 'bench', `${new Date().toISOString().replaceAll(':', '-')}.json`))
  .option('--data <dir>', 'measure the running cluster in DIR instead')
  .option('--profile <dir>', "also save each service's CPU profile of each row there")
  .option('--markdown', 'print the table as Markdown', false)
  .showHelpAfterError();

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

async function bench(options: Options): Promise<BenchReport> {
  say('starting a cluster …');
  await using cluster = await openBenchCluster(options.data);
  const access = clusterAccess(cluster.dir);
  await using records = await RecordCounter.open(access);
  const idle = await idleCost(cluster, records);
  const workload = await makeWorkload(access, loadOperations);
  const raw = rawRows(await (await openOwnToken(access, workload.keys.SYMMETRIC_DEFAULT ?? '')).raw(RAW_SECONDS));
  const begunMs = Date.now() + 1;
  await delay(2);
  const measured = await measureAll(options, cluster, records, workload);
  return {
    version: 1,
    at: new Date().toISOString(),
    machine: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0]?.toFixed(1) ?? '?'}, Node ${process.version}`,
    secondsEach: options.seconds,
    rounds: options.rounds,
    idle,
    rows: [...measured.rows, ...raw],
    answeredInAll: measured.answered,
    recordsInAll: await records.since(begunMs, [...new Set(Object.values(operationForms).map(({ name }) => name))]),
  };
}

interface MeasuredRows {
  readonly rows: readonly BenchRow[];
  readonly answered: number;
}

/** Round by round; of each row the one that took least CPU counts, and all answers. */
async function measureAll(options: Options, cluster: BenchCluster, records: RecordCounter, workload: Workload): Promise<MeasuredRows> {
  const cheapest = new Map<string, BenchRow>();
  let answered = 0;
  for (let round = 0; round < options.rounds; round++) {
    const measured = await measureRound(options, cluster, records, workload);
    answered += measured.answered;
    for (const row of measured.rows) {
      const known = cheapest.get(rowName(row));
      if (known === undefined || row.totalPerThousand < known.totalPerThousand) cheapest.set(rowName(row), row);
    }
  }
  return { rows: [...cheapest.values()], answered };
}

/** Wire by wire, each with a generator process of its own. */
async function measureRound(options: Options, cluster: BenchCluster, records: RecordCounter, workload: Workload): Promise<MeasuredRows> {
  const rows: BenchRow[] = [];
  let answered = 0;
  const planned = planRows(options.only).filter(({ operation }) => isServed(workload, operation));
  for (const wire of wires) {
    const ofWire = planned.filter((row) => row.wire === wire);
    if (ofWire.length === 0) continue;
    using generator = await Generator.open(cluster.dir, wire, workload);
    const parts = { cluster, records, generator, durationMs: options.seconds * 1000, warmth: { requests: 0 }, profiles: options.profile };
    for (const row of ofWire) {
      const measured = await measureRow(parts, row);
      rows.push(measured.row);
      answered += measured.answered;
      say(`${rowName(row)}: ${measured.row.opsPerSecond.toFixed(0)}/s, ${measured.row.totalPerThousand.toFixed(3)} CPU s per 1,000`);
    }
  }
  return { rows: inTableOrder(rows, planned), answered };
}

/** By operation, then by wire; lone requests last. */
function inTableOrder(rows: readonly BenchRow[], planned: readonly PlannedRow[]): BenchRow[] {
  const place = (row: BenchRow): number =>
    (row.inFlight === 1 ? loadOperations.length : loadOperations.indexOf(row.operation)) * planned.length +
    planned.findIndex((one) => rowName(one) === rowName(row));
  return [...rows].sort((a, b) => place(a) - place(b));
}

/** What the cluster uses when nobody asks anything: leases, health, timers. */
async function idleCost(cluster: BenchCluster, records: RecordCounter): Promise<CpuSeconds> {
  await delay(IDLE_MS);
  const leftOut = new Set([records.backendPid]);
  const before = cluster.cpuSeconds(leftOut);
  await delay(IDLE_MS);
  const used = difference(before, cluster.cpuSeconds(leftOut));
  return eachProcess((column) => (used[column] * 1000) / IDLE_MS);
}

function rawRows(raw: Readonly<Partial<Record<LoadOperation, RawFigures>>>): BenchRow[] {
  const row = (operation: BenchRow['operation'], { cpuPerThousand, ...figures }: RawFigures): BenchRow => ({
    operation,
    wire: 'raw',
    inFlight: 1,
    answered: 0,
    ...figures,
    totalPerThousand: cpuPerThousand,
    perThousand: eachProcess(() => 0),
    generatorPerThousand: 0,
    errors: {},
  });
  return loadOperations.flatMap((operation) => {
    const figures = raw[operation];
    return figures === undefined ? [] : [row(operation, figures)];
  });
}

/** Progress goes to standard error: standard output has the table alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  const options = program.parse().opts<Options>();
  const before = options.compare === undefined ? undefined : (JSON.parse(readFileSync(options.compare, 'utf8')) as BenchReport);
  const report = await bench(options);
  mkdirSync(dirname(options.save), { recursive: true });
  writeFileSync(options.save, `${JSON.stringify(report, undefined, 1)}\n`);
  const table = (options.markdown ? benchMarkdown : benchTable)(report, before);
  console.log([...table, '', ...benchNotes(report), `saved: ${options.save}`].join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
