import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/** How far one process is. */
export type ProcessPhase = 'waiting' | 'starting' | 'ready' | 'restarting' | 'stopped';

/** One process as the supervisor sees it. */
export interface ProcessState {
  readonly name: string;
  readonly zone: string;
  readonly region?: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly state: ProcessPhase;
  /** Undefined while it does not run. */
  readonly process?: ProcessIdentity;
  /** Why it is not ready, or how it ended last. */
  readonly why?: string;
  readonly restarts: number;
  readonly logFile: string;
}

/** The whole cluster, as written to `DIR/state.json` at every change. */
export interface ClusterState {
  readonly phase: 'starting' | 'ready' | 'failed' | 'stopping' | 'stopped';
  /** The one line that says why the start failed. */
  readonly failure?: string;
  readonly supervisor: ProcessIdentity;
  readonly processes: readonly ProcessState[];
}

/** Replaces the file; a reader sees the old state or the new one. */
export function writeState(file: string, state: ClusterState): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 1)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The last state written, by a supervisor that may be gone. */
export function readState(file: string): ClusterState | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ClusterState) : undefined;
}

/** The state, if its supervisor still runs. */
export function readLiveState(file: string): ClusterState | undefined {
  const state = readState(file);
  return state !== undefined && isAlive(state.supervisor) ? state : undefined;
}
