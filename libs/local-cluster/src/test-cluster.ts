import { spawn } from 'node:child_process';
import { mkdtempSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HsmName } from './backends/hsm.ts';
import { accountVariables, readEnvFile } from './accounts/env-file.ts';
import { openAccount } from './accounts/open-account.ts';
import { clusterFolder, readSettings } from './cluster/settings.ts';
import { down, reset } from './commands/down.ts';
import { statusOf, type ClusterStatus, type ProcessStatus } from './commands/status.ts';
import { up } from './commands/up.ts';
import { freePort } from './free-ports.ts';
import { waitUntil } from './wait-until.ts';

const HEAL_TIMEOUT_MS = 60_000;

/** A whole cluster of a test: own folder, own ports, never the developer's. */
export interface TestCluster extends AsyncDisposable {
  readonly dir: string;
  /** What `DIR/env` exports: endpoint, root access key of the first account, certificates. */
  readonly env: Readonly<Record<string, string>>;
  status(): Promise<ClusterStatus>;
  /** The process of this name. @throws Error when there is none */
  process(name: string): Promise<ProcessStatus>;
  /** kill -9 of one process; the supervisor starts it again. @returns the process id that is gone */
  kill(name: string): Promise<number>;
  /** Waits until every process is ready (again). */
  healed(): Promise<void>;
  /** Makes another account and gives what its env file would export. */
  account(accountId: string): Promise<Record<string, string>>;
}

/** Shape of a test's cluster. */
export interface TestClusterOptions {
  readonly zones?: 1 | 3;
  readonly regions?: readonly string[];
  readonly hsm?: HsmName;
}

/** Starts a cluster in a temporary folder; disposal stops it and removes the folder. */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'trent-cluster-'));
  chmodSync(dir, 0o711);
  const quiet = (): void => undefined;
  const release = guard(dir);
  try {
    await up({ dir, verbose: false, port: await freePort(), ...options }, quiet);
  } catch (error) {
    await down(dir, quiet);
    throw error;
  }
  const end = async (): Promise<void> => {
    await reset(dir, quiet);
    release();
  };
  return { ...attachCluster(dir), [Symbol.asyncDispose]: end };
}

/** A supervisor outlives whoever started it: a process of its own removes the cluster when these tests end without doing so (^C, a time limit). */
function guard(dir: string): () => void {
  const script = join(import.meta.dirname, 'remove-orphan.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // ^C is for the tests
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref(); // a pipe is a socket, whatever its type says
  return () => child.stdin.end();
}

/** A cluster that runs already; disposal leaves it running. */
export function attachCluster(dir: string): TestCluster {
  const folder = clusterFolder(dir);
  const settings = readSettings(folder);
  const env = readEnvFile(folder.env);
  if (settings === undefined || env === undefined) throw new Error(`no cluster in ${dir}`);
  const process = async (name: string): Promise<ProcessStatus> => {
    const found = (await statusOf(folder)).processes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no process ${name} in ${dir}`);
    return found;
  };
  return {
    dir,
    env,
    process,
    status: () => statusOf(folder),
    kill: async (name) => killProcess(await process(name)),
    healed: () => waitUntil('the cluster', HEAL_TIMEOUT_MS, async () => verdictOf(await statusOf(folder))),
    account: async (accountId) => accountVariables(await openAccount(folder, settings, accountId)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function killProcess({ name, pid }: ProcessStatus): number {
  if (pid === null) throw new Error(`${name} does not run`);
  process.kill(pid, 'SIGKILL');
  return pid;
}

function verdictOf({ state, processes }: ClusterStatus): true | string {
  if (state === 'ready') return true;
  const late = processes.filter((process) => process.state !== 'ready');
  return `${late.map(({ name, why }) => `${name} (${why ?? 'not ready'})`).join(', ')} not ready`;
}
