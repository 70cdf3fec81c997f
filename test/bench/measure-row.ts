import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { difference, type BenchCluster } from './bench-cluster.ts';
import { rowName, toRow, type BenchRow } from './bench-row.ts';
import type { RunFigures } from '../load/measurement.ts';
import { operationForms } from '../load/operations.ts';
import type { Generator } from './generator.ts';
import type { PlannedRow } from './plan.ts';
import type { RecordCounter } from './records.ts';

/** Connections, compiled code, caches: what a running system has. So many requests a wire, or so long. */
const WARM_UP_REQUESTS = 10_000;
const WARM_UP_TURN_MS = 1_000;
const LONGEST_WARM_UP_MS = 12_000;

export interface RowParts {
  readonly cluster: BenchCluster;
  readonly records: RecordCounter;
  readonly generator: Generator;
  readonly durationMs: number;
  /** What the wire has been warmed up with so far. */
  readonly warmth: { requests: number };
  /** Where CPU profiles go; undefined: none are taken. */
  readonly profiles: string | undefined;
}

/** What a row says, and how many requests were answered for it, those of the warm-up included. */
export interface MeasuredRow {
  readonly row: BenchRow;
  readonly answered: number;
}

/**
 * Measures a row: warms up, waits until all of that is recorded, runs, waits until all is recorded again; CPU is read before and after, so that
 * what ingest and Postgres do behind the answers counts too.
 */
export async function measureRow(parts: RowParts, planned: PlannedRow): Promise<MeasuredRow> {
  const { cluster, records, generator, durationMs } = parts;
  const { operation, wire, inFlight } = planned;
  const leftOut = new Set([records.backendPid]);
  const isRecorded = wire !== 'worker';
  const run = async (ms: number) => {
    const begunMs = Date.now();
    const ran = await generator.run(operation, inFlight, ms);
    const count = isRecorded ? await records.until(ran.figures.answered, begunMs, operationForms[operation].name) : undefined;
    return { ...ran, count };
  };
  const warmUp = await warm(parts, () => run(WARM_UP_TURN_MS));
  const before = cluster.cpuSeconds(leftOut);
  const profiled = parts.profiles === undefined ? undefined : saveProfiles(cluster, parts.profiles, rowName(planned), durationMs);
  const { figures, cpuSeconds, count } = await run(durationMs);
  const cpu = difference(before, cluster.cpuSeconds(leftOut));
  await profiled;
  parts.warmth.requests += figures.answered;
  const answered = isRecorded ? warmUp + figures.answered : 0;
  return { row: toRow(planned, figures, cpu, cpuSeconds, count), answered };
}

/** At least one turn; more until the wire has had its requests. @returns how many were answered */
async function warm({ warmth }: RowParts, turn: () => Promise<{ readonly figures: RunFigures }>): Promise<number> {
  const end = performance.now() + LONGEST_WARM_UP_MS;
  let answered = 0;
  do {
    const { figures } = await turn();
    answered += figures.answered;
    warmth.requests += figures.answered;
  } while (warmth.requests < WARM_UP_REQUESTS && performance.now() < end);
  return answered;
}

/** One CPU profile a service for a row, as browsers and editors open them. They cost a few percent: rows with profiles are for reading profiles. */
async function saveProfiles({ adminPorts }: BenchCluster, folder: string, name: string, durationMs: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await Promise.all(
    [...adminPorts].map(async ([process, port]) => {
      const answer = await fetch(`http://127.0.0.1:${port}/debug/profile?seconds=${durationMs / 1000}`);
      writeFileSync(join(folder, `${name.replaceAll(' ', '-')}.${process}.cpuprofile`), Buffer.from(await answer.arrayBuffer()));
    }),
  );
}
