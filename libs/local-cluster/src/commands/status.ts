import { isAlive } from '../cluster/process-identity.ts';
import { clusterFolder, readSettings, type ClusterFolder } from '../cluster/settings.ts';
import { readState, type ProcessState } from '../cluster/state-file.ts';
import { clusterTable } from '../cluster/table.ts';
import { messageOf } from '../cluster/supervisor.ts';
import type { Row } from '../cluster/row.ts';

/** One process, as `status --json` names it. */
export interface ProcessStatus {
  readonly name: string;
  readonly zone: string;
  readonly region?: string;
  readonly pid: number | null;
  /** The port that others talk to. */
  readonly port: number | null;
  /** All its ports by purpose. */
  readonly ports: Readonly<Record<string, number>>;
  readonly adminPort: number | null;
  readonly state: 'waiting' | 'starting' | 'ready' | 'not ready' | 'restarting' | 'stopped';
  readonly why?: string;
  readonly restarts: number;
  readonly log: string;
}

/** The whole cluster, as `status --json` prints it. */
export interface ClusterStatus {
  readonly dir: string;
  readonly state: 'ready' | 'not ready' | 'starting' | 'failed' | 'stopping' | 'stopped' | 'none';
  readonly why?: string;
  readonly supervisorPid: number | null;
  readonly zones: readonly string[];
  readonly regions: readonly string[];
  readonly httpsPort: number | null;
  readonly grpcPort: number | null;
  readonly processes: readonly ProcessStatus[];
}

/** Purposes in the order in which one stands for the process. */
const MAIN_PORTS = ['https', 'grpc', 'sql', 'client', 'redis'] as const;

/** Looks at every process of the cluster now: is it there, does it say that it is ready, if not why. */
export async function statusOf(folder: ClusterFolder): Promise<ClusterStatus> {
  const settings = readSettings(folder);
  const state = readState(folder.state);
  const empty = { dir: folder.dir, supervisorPid: null, zones: [], regions: [], httpsPort: null, grpcPort: null, processes: [] };
  if (settings === undefined) return { ...empty, state: 'none' };
  const shape = {
    dir: folder.dir,
    zones: settings.zones,
    regions: settings.regions,
    httpsPort: settings.ports['shared.https'] ?? null,
    grpcPort: settings.ports['shared.grpc'] ?? null,
  };
  if (state === undefined || !isAlive(state.supervisor)) {
    const gone = (state?.processes ?? []).map((process) => present({ ...process, state: 'stopped' }, undefined));
    const phase = state?.phase === 'failed' ? 'failed' : 'stopped';
    return {
      ...shape,
      state: phase,
      ...(state?.failure === undefined ? {} : { why: state.failure }),
      supervisorPid: null,
      processes: gone,
    };
  }
  const rows = new Map(clusterTable(folder, settings).map((row) => [row.name, row]));
  const processes = await Promise.all(
    state.processes.map(async (process) => present(process, await whyNot(process, rows.get(process.name)))),
  );
  const ready = processes.every((process) => process.state === 'ready');
  const phase = state.phase === 'ready' && !ready ? 'not ready' : state.phase;
  return { ...shape, state: phase, supervisorPid: state.supervisor.pid, processes };
}

/** @returns undefined when the process itself says that it is ready */
async function whyNot(process: ProcessState, row: Row | undefined): Promise<string | undefined> {
  if (process.process === undefined || !isAlive(process.process)) return process.why ?? 'not running';
  if (row === undefined) return 'not in the table';
  try {
    const verdict = await row.ready();
    return verdict === true ? undefined : verdict;
  } catch (error) {
    return messageOf(error);
  }
}

function present(process: ProcessState, why: string | undefined): ProcessStatus {
  const main = MAIN_PORTS.find((purpose) => process.ports[purpose] !== undefined);
  const state = process.state === 'ready' && why !== undefined ? 'not ready' : process.state;
  return {
    name: process.name,
    zone: process.zone,
    ...(process.region === undefined ? {} : { region: process.region }),
    pid: process.process?.pid ?? null,
    port: main === undefined ? null : (process.ports[main] ?? null),
    ports: process.ports,
    adminPort: process.ports['admin'] ?? null,
    state,
    ...((why ?? process.why) === undefined ? {} : { why: why ?? process.why }),
    restarts: process.restarts,
    log: process.logFile,
  };
}

/** Prints the status as a table, or as JSON. @returns true when the whole cluster is ready */
export async function status(dir: string, json: boolean, print: (line: string) => void): Promise<boolean> {
  const cluster = await statusOf(clusterFolder(dir));
  if (json) {
    print(JSON.stringify(cluster, undefined, 2));
  } else if (cluster.state === 'none') {
    print(`no cluster in ${cluster.dir}`);
  } else {
    for (const line of table(cluster)) print(line);
  }
  return cluster.state === 'ready';
}

function table(cluster: ClusterStatus): string[] {
  const head = ['process', 'zone', 'port', 'admin', 'pid', 'state', 'restarts', 'why not'];
  const cells = cluster.processes.map((row) =>
    [
      row.name,
      row.zone,
      row.port ?? '',
      row.adminPort ?? '',
      row.pid ?? '',
      row.state,
      row.restarts,
      row.state === 'ready' ? '' : (row.why ?? ''),
    ].map(String),
  );
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const lines = [head, ...cells].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`${cluster.dir}: ${cluster.state}${cluster.why === undefined ? '' : ` (${cluster.why})`}`, ...lines];
}
