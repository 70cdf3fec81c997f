import { resolve } from 'node:path';
import { attachCluster, startCluster, type ClusterStatus } from '@trent/local-cluster';
import { eachProcess, processColumns, type CpuSeconds, type ProcessColumn } from './bench-row.ts';
import { cpuSecondsOf, readProcesses } from './process-times.ts';

/** The cluster that is measured, and how its processes' CPU time is read. */
export interface BenchCluster extends AsyncDisposable {
  readonly dir: string;
  /** CPU seconds so far by process, children and all replicas included. */
  cpuSeconds(leftOut: ReadonlySet<number>): CpuSeconds;
  /** The services' admin ports by process name. */
  readonly adminPorts: ReadonlyMap<string, number>;
}

/** Starts a cluster of the bench's own in a temporary folder, or takes the running one in `dir`, which is left running. */
export async function openBenchCluster(dir: string | undefined): Promise<BenchCluster> {
  const cluster = dir === undefined ? await startCluster({ zones: 1 }) : attachCluster(resolve(dir));
  const status = await cluster.status();
  const pids = new Map(processColumns.map((column) => [column, pidsOf(status, column)]));
  const adminPorts = new Map(status.processes.flatMap(({ name, adminPort }) => (adminPort === null ? [] : [[name, adminPort] as const])));
  return {
    dir: cluster.dir,
    adminPorts,
    cpuSeconds: (leftOut) => {
      const processes = readProcesses();
      return eachProcess((column) => (pids.get(column) ?? []).reduce((sum, pid) => sum + cpuSecondsOf(pid, processes, leftOut), 0));
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** Replicas are named `policy-a`, `crypto-worker-eu-west-1-a`, `nats-a`; backends with one process by their column. */
function pidsOf({ processes }: ClusterStatus, column: ProcessColumn): number[] {
  return processes
    .filter(({ name }) => name === column || name.startsWith(`${column}-`))
    .map(({ name, pid }) => {
      if (pid === null) throw new Error(`${name} does not run`);
      return pid;
    });
}

/** What was used between two readings. */
export function difference(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return eachProcess((column) => after[column] - before[column]);
}
