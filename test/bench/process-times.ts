import { readdirSync, readFileSync } from 'node:fs';

/** What one process has used since it began. */
export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own CPU time, in clock ticks. */
  readonly ticks: number;
  /** That of its children that have ended and been waited for. */
  readonly endedChildrenTicks: number;
}

/** USER_HZ, the unit of /proc/<pid>/stat on every Linux that Node runs on (proc(5)). */
export const TICKS_PER_SECOND = 100;

/**
 * Reads a line of /proc/<pid>/stat (proc(5)). The command's name in brackets may hold blanks and brackets itself: the last one ends it.
 * @returns undefined when the text is no such line
 */
export function parseStat(text: string): ProcessTimes | undefined {
  const end = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  // Field 3, the state, is the first one here: ppid is 4; utime, stime, cutime, cstime are 14 to 17.
  const fields = text.slice(end + 2).split(' ');
  const [parent, utime, stime, cutime, cstime] = [4, 14, 15, 16, 17].map((number) => Number(fields[number - 3]));
  if (end < 0 || parent === undefined || utime === undefined || stime === undefined || cutime === undefined || cstime === undefined)
    return undefined;
  if (![pid, parent, utime, stime, cutime, cstime].every(Number.isFinite)) return undefined;
  return { pid, parent, ticks: utime + stime, endedChildrenTicks: cutime + cstime };
}

/** CPU seconds of a process with all below it, but for those left out. Children that end are counted by whoever waits for them. */
export function cpuSecondsOf(root: number, processes: readonly ProcessTimes[], leftOut: ReadonlySet<number> = new Set()): number {
  let ticks = 0;
  const pending = [root];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (leftOut.has(pid)) continue;
    const times = processes.find((process) => process.pid === pid);
    if (times === undefined) continue;
    ticks += times.ticks + times.endedChildrenTicks;
    for (const { pid: child, parent } of processes) if (parent === pid) pending.push(child);
  }
  return ticks / TICKS_PER_SECOND;
}

/** All processes of this machine. */
export function readProcesses(): ProcessTimes[] {
  const processes: ProcessTimes[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const times = readStat(name);
    if (times !== undefined) processes.push(times);
  }
  return processes;
}

function readStat(pid: string): ProcessTimes | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined; // it ended meanwhile
  }
}
