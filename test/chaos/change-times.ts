import type { ClusterStatus } from '@trent/local-cluster';

/** Changes by how long they took: upper bounds in seconds → how many took no longer. */
type Buckets = ReadonlyMap<number, number>;

/** What the writers of a cluster have measured of changes that wait in a barrier, by part. */
export type ChangeTimes = ReadonlyMap<string, Buckets>;

const LINE = /^trent_change_seconds_bucket\{le="([^"]+)",part="(\w+)"\} (\d+)$/;

/** Reads the histograms of all replicas that write, and adds them up. */
export async function readChangeTimes({ processes }: ClusterStatus): Promise<ChangeTimes> {
  const total = new Map<string, Map<number, number>>();
  for (const { name, adminPort } of processes) {
    if (!/^(policy|key-metadata)-/.test(name)) continue;
    const text = await (await fetch(`http://127.0.0.1:${String(adminPort)}/metrics`)).text();
    for (const line of text.split('\n')) {
      const [, bound = '', part, count] = LINE.exec(line) ?? [];
      if (part === undefined) continue;
      const buckets = total.get(part) ?? new Map<number, number>();
      total.set(part, buckets);
      const le = bound === '+Inf' ? Infinity : Number(bound);
      buckets.set(le, (buckets.get(le) ?? 0) + Number(count));
    }
  }
  return total;
}

/** What was measured between two readings. */
export function since(before: ChangeTimes, after: ChangeTimes): ChangeTimes {
  return new Map(
    [...after].map(([part, buckets]) => [part, new Map([...buckets].map(([le, count]) => [le, count - (before.get(part)?.get(le) ?? 0)]))]),
  );
}

/** A quantile in milliseconds, by straight lines between the bounds; NaN of nothing. */
export function quantileMs(buckets: Buckets, quantile: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const rank = quantile * (sorted.at(-1)?.[1] ?? 0);
  let [lower, below] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= rank && count > below) {
      const upper = bound === Infinity ? lower : bound;
      return 1_000 * (lower + ((upper - lower) * (rank - below)) / (count - below));
    }
    [lower, below] = [bound, count];
  }
  return NaN;
}

const ROWS: readonly (readonly [part: string, meaning: string])[] = [
  ['committed', 'committed'],
  ['recorded', 'and recorded: answered here without a barrier'],
  ['answered', 'and obeyed everywhere: answered'],
  ['barrier', 'what the barrier adds'],
];

/** The table of docs/performance.md. */
export function changeTimesTable(times: ChangeTimes): string {
  const rows = ROWS.map(([part, meaning]) => {
    const buckets = times.get(part) ?? new Map<number, number>();
    return `| ${meaning.padEnd(45)} | ${quantileMs(buckets, 0.5).toFixed(1).padStart(6)} ms | ${quantileMs(buckets, 0.99).toFixed(1).padStart(6)} ms |`;
  });
  const count = times.get('barrier')?.get(Infinity) ?? 0;
  return [`${String(count)} changes that every replica obeys`, `| ${'a change is'.padEnd(45)} |       p50 |       p99 |`, ...rows].join(
    '\n',
  );
}
