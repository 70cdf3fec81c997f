import { isAlive, signalProcess, type ProcessIdentity } from '../cluster/process-identity.ts';
import type { ClusterFolder } from '../cluster/settings.ts';
import { readState } from '../cluster/state-file.ts';
import { waitUntil } from '../wait-until.ts';

const GONE_TIMEOUT_MS = 20_000;

/** Ends what a killed supervisor may have left running (the kernel has told its children already): by process id and start time. */
export async function endLeftovers(folder: ClusterFolder): Promise<void> {
  const state = readState(folder.state);
  if (state === undefined) return;
  const left = state.processes.flatMap(({ process }) => (process === undefined ? [] : [process]));
  await untilGone(left, GONE_TIMEOUT_MS / 2).catch(() => undefined);
  for (const process of left) signalProcess(process, 'SIGKILL');
  await untilGone(left, GONE_TIMEOUT_MS);
}

/** Waits until none of the processes runs any more. */
export async function untilGone(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<void> {
  await waitUntil('waiting for the old processes to end', timeoutMs, () => {
    const alive = processes.filter(isAlive);
    return alive.length === 0 ? true : `${alive.map(({ pid }) => String(pid)).join(', ')} still running`;
  });
}
