import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { ensureCertificates } from '../pki/cluster-certificates.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { rotateLogs } from './rotate-logs.ts';
import type { Row } from './row.ts';
import type { ClusterFolder } from './settings.ts';
import { writeState, type ClusterState } from './state-file.ts';
import { messageOf, Supervisor } from './supervisor.ts';

const ROTATE_EVERY_MS = 30_000;
const RENEW_EVERY_MS = 12 * 3_600_000;

/** What a cluster consists of besides its folder. */
export interface Cluster {
  readonly rows: readonly Row[];
  /** Work before any row is started. */
  readonly before: () => Promise<void>;
  /** Work once every row is ready, before the cluster is. */
  readonly after: () => Promise<void>;
}

/**
 * The life of the supervising process: lock, start, report, keep, stop on SIGTERM. One a cluster folder.
 * @param open puts the cluster together, once the lock is held
 * @returns the exit code
 */
export async function supervise(folder: ClusterFolder, open: () => Cluster): Promise<number> {
  const self = identify(process.pid);
  if (self === undefined || !(await lock(folder))) return 3;
  const cluster = open();
  let phase: ClusterState['phase'] = 'starting';
  let failure: string | undefined;
  const say = (line: string): void => {
    console.log(`${new Date().toISOString()} ${line}`);
  };
  const supervisor = new Supervisor(cluster.rows, { say, changed: () => report() });
  const report = (): void => {
    writeState(folder.state, stateOf(supervisor, self, phase, failure));
  };
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const timers = [setInterval(() => rotateLogs(folder.logs), ROTATE_EVERY_MS), setInterval(() => void renew(folder, say), RENEW_EVERY_MS)];
  report();
  const begun = startAll(supervisor, cluster).then(
    () => {
      phase = 'ready';
      report();
    },
    (error: unknown) => {
      if (phase === 'stopping') return;
      phase = 'failed';
      failure = messageOf(error);
      say(failure);
    },
  );
  await Promise.race([asked, begun.then(() => (phase === 'failed' ? undefined : asked))]);
  const failed = failure !== undefined;
  if (!failed) phase = 'stopping';
  await supervisor.stop();
  for (const timer of timers) clearInterval(timer);
  if (!failed) phase = 'stopped';
  report();
  return failed ? 1 : 0;
}

async function startAll(supervisor: Supervisor, cluster: Cluster): Promise<void> {
  await cluster.before();
  await supervisor.start();
  await cluster.after();
}

function stateOf(supervisor: Supervisor, self: ProcessIdentity, phase: ClusterState['phase'], failure: string | undefined): ClusterState {
  return { phase, ...(failure === undefined ? {} : { failure }), supervisor: self, processes: supervisor.states() };
}

/** Holds a name that the kernel gives back at this process' death, however it comes. False when another supervisor has it. */
async function lock(folder: ClusterFolder): Promise<boolean> {
  const name = createHash('sha256').update(folder.dir).digest('hex').slice(0, 32);
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ path: `\0trent-${name}` }, () => {
      server.unref();
      resolve(true);
    });
  });
}

/** A cluster that runs for months renews its certificates by itself; the services notice new files. */
async function renew(folder: ClusterFolder, say: (line: string) => void): Promise<void> {
  await ensureCertificates(folder.pki, Date.now()).catch((error: unknown) => {
    say(`certificates were not renewed: ${messageOf(error)}`);
  });
}
