import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { signalProcess } from '../cluster/process-identity.ts';
import { clusterFolder, readSettings, type ClusterFolder } from '../cluster/settings.ts';
import { readLiveState } from '../cluster/state-file.ts';
import { endLeftovers, untilGone } from './leftovers.ts';

const STOP_TIMEOUT_MS = 90_000;

/** Stops the cluster in DIR in reverse order; its data stay. Harmless when nothing runs. */
export async function down(dir: string, print: (line: string) => void): Promise<void> {
  const folder = clusterFolder(dir);
  const was = await stop(folder);
  print(was ? `the cluster in ${folder.dir} is down; its data stay (npm run reset removes them)` : `no cluster runs in ${folder.dir}`);
}

/** Stops the cluster and removes DIR with all keys and records in it. @throws Error when DIR holds something else than a cluster */
export async function reset(dir: string, print: (line: string) => void): Promise<void> {
  const folder = clusterFolder(dir);
  if (!existsSync(folder.dir)) {
    print(`nothing in ${folder.dir}`);
    return;
  }
  const settings = readSettings(folder);
  if (settings === undefined && readdirSync(folder.dir).length > 0)
    throw new Error(`${folder.dir} holds no cluster of Trent: nothing was removed`);
  await stop(folder);
  if (settings !== undefined && dirname(settings.postgresData) !== folder.dir)
    rmSync(dirname(settings.postgresData), { recursive: true, force: true });
  rmSync(folder.dir, { recursive: true, force: true, maxRetries: 3 });
  print(`${folder.dir} is gone, with all keys and records in it`);
}

async function stop(folder: ClusterFolder): Promise<boolean> {
  const state = readLiveState(folder.state);
  if (state !== undefined) {
    signalProcess(state.supervisor, 'SIGTERM');
    await untilGone([state.supervisor], STOP_TIMEOUT_MS);
  }
  await endLeftovers(folder);
  return state !== undefined;
}
