import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_REGION, settingsFor, type UpOptions } from '../cluster/choose-settings.ts';
import { isAlive, signalProcess } from '../cluster/process-identity.ts';
import { portOf } from '../cluster/service-rows.ts';
import {
  clusterFolder,
  makeClusterFolder,
  readSettings,
  writeSettings,
  type ClusterFolder,
  type ClusterSettings,
} from '../cluster/settings.ts';
import { readLiveState, readState, type ClusterState } from '../cluster/state-file.ts';
import { repositoryRoot } from '../config.ts';
import { fetchSoftokn } from '../install/fetch-softokn.ts';
import { lastWords } from '../last-words.ts';
import { waitUntil } from '../wait-until.ts';
import { endLeftovers, untilGone } from './leftovers.ts';
import { LogTail } from './log-tail.ts';
import { statusOf } from './status.ts';

export { DEFAULT_REGION, type UpOptions };

/** A machine that is busy with other things gets its time; a start takes 5 to 15 s. */
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 60_000;

/** Starts the cluster in DIR, or finds it running, and returns when all of it is ready. @throws Error one line that says why not */
export async function up(options: UpOptions, print: (line: string) => void): Promise<void> {
  const begun = performance.now();
  const folder = clusterFolder(options.dir);
  const running = await runningCluster(folder);
  let supervisor: ChildProcess | undefined;
  if (running === undefined) {
    await endLeftovers(folder);
    const settings = await settingsFor(folder, options);
    if (settings.hsm === 'softokn') await fetchSoftokn(print);
    makeClusterFolder(folder);
    writeSettings(folder, settings);
    print(
      `starting ${String(settings.zones.length)} zone${settings.zones.length === 1 ? '' : 's'} of ${settings.regions.join(', ')} in ${folder.dir} …`,
    );
    supervisor = startSupervisor(folder);
  } else {
    checkSame(running.settings, options);
  }
  using _tail = options.verbose ? new LogTail(folder.logs, print, process.stdout.isTTY) : undefined;
  const settings = await untilReady(folder, supervisor);
  print(summary(folder, settings, supervisor === undefined ? undefined : (performance.now() - begun) / 1000));
}

interface RunningCluster {
  readonly settings: ClusterSettings;
}

/** The cluster that runs in DIR; one that is just being stopped is waited for. */
async function runningCluster(folder: ClusterFolder): Promise<RunningCluster | undefined> {
  const state = readLiveState(folder.state);
  const settings = readSettings(folder);
  if (state === undefined || settings === undefined) return undefined;
  if (state.phase === 'starting' || state.phase === 'ready') return { settings };
  await untilGone([state.supervisor], STOP_TIMEOUT_MS);
  return undefined;
}

/** What runs can't be changed by another `up`. */
function checkSame(settings: ClusterSettings, { zones, regions, port, hsm }: UpOptions): void {
  const is = `${String(settings.zones.length)} zone(s) of ${settings.regions.join(',')} on port ${portOf(settings, 'shared.https')}`;
  const other =
    (zones !== undefined && zones !== settings.zones.length) ||
    (regions !== undefined && regions.join(',') !== settings.regions.join(',')) ||
    (hsm !== undefined && hsm !== (settings.hsm ?? 'softhsm')) ||
    (port !== undefined && port !== settings.ports['shared.https']);
  if (other) throw new Error(`a cluster of ${is} runs there already: npm run down first`);
}

/** A process of its own that outlives this one; its output goes to the supervisor's log. */
function startSupervisor(folder: ClusterFolder): ChildProcess {
  const log = openSync(folder.supervisorLog, 'a', 0o600);
  const main = join(repositoryRoot, 'libs', 'local-cluster', 'src', 'cluster', 'supervisor-main.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, folder.dir], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  return child;
}

/** Follows the supervisor's state until the cluster is ready. An interrupted or failed start is taken down again. */
async function untilReady(folder: ClusterFolder, supervisor: ChildProcess | undefined): Promise<ClusterSettings> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await waitUntil('the cluster', START_TIMEOUT_MS, () => verdictOf(folder, supervisor), interrupted.signal);
  } catch (error) {
    const state = readLiveState(folder.state);
    if (supervisor !== undefined && state !== undefined) {
      signalProcess(state.supervisor, 'SIGTERM');
      await untilGone([state.supervisor], STOP_TIMEOUT_MS);
    }
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  const settings = readSettings(folder);
  if (settings === undefined) throw new Error(`the settings in ${folder.dir} have been removed`);
  return settings;
}

/** @throws Error when it has failed and will not become ready any more */
async function verdictOf(folder: ClusterFolder, supervisor: ChildProcess | undefined): Promise<true | string> {
  const state = readState(folder.state);
  if (state === undefined || !isAlive(state.supervisor) || (supervisor !== undefined && state.supervisor.pid !== supervisor.pid)) {
    if (supervisor !== undefined && supervisor.exitCode === null && supervisor.signalCode === null)
      return 'the supervisor has not started yet';
    throw new Error(state?.failure ?? failureOf(folder));
  }
  if (state.phase === 'failed') return state.failure ?? 'it is being taken down';
  if (state.phase !== 'ready') return waitingFor(state);
  const status = await statusOf(folder);
  const late = status.processes.filter(({ state: phase }) => phase !== 'ready');
  return late.length === 0 ? true : `${late.map(({ name, why }) => `${name} (${why ?? 'not ready'})`).join(', ')} not ready`;
}

function failureOf(folder: ClusterFolder): string {
  return `the cluster could not be started: ${lastWords(folder.supervisorLog)} (${folder.supervisorLog})`;
}

function waitingFor(state: ClusterState): string {
  const late = state.processes.filter(({ state: phase }) => phase !== 'ready').map(({ name }) => name);
  return late.length === 0 ? 'the first account is not there' : `${late.join(', ')} not ready`;
}

function summary(folder: ClusterFolder, settings: ClusterSettings, seconds: number | undefined): string {
  const how = seconds === undefined ? 'is running' : `is ready after ${seconds.toFixed(1)} s`;
  return [
    `Trent ${how}: https://localhost:${portOf(settings, 'shared.https')} (AWS KMS, STS, IAM, CloudTrail), gRPC localhost:${portOf(settings, 'shared.grpc')}`,
    `The root package has one share of one, kept in ${join(folder.dir, 'tokens')}: for development only.`,
    `Use it:  . ${folder.env}  &&  aws kms create-key`,
  ].join('\n');
}
