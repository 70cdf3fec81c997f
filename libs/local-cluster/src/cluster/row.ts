import type { Command } from '../managed-process.ts';
import type { Verdict } from '../wait-until.ts';

/** One line of the cluster's table: what it is, what it waits for, how it is run. */
export interface Row {
  /** Unique name, also that of its log: `policy-a`. */
  readonly name: string;
  readonly zone: string;
  readonly region?: string;
  /** Port by purpose: `grpc`, `admin`, `https`, `sql` … */
  readonly ports: Readonly<Record<string, number>>;
  /** Rows that must be ready before it is started. */
  readonly after: readonly string[];
  /** Rows of a higher rank are stopped first: those who ask before those who answer. */
  readonly stopRank: number;
  /** How long it may take to become ready when the cluster starts. */
  readonly readyTimeoutMs: number;
  /** Makes what it needs (folders, configuration, keys) and says how to run it; again at every restart of the cluster. */
  readonly prepare: () => Promise<Command> | Command;
  /** Asks the running process whether it is ready; changes nothing. */
  readonly ready: () => Promise<Verdict>;
  /** Work to do once it is ready and before the rows that wait for it, for example making the database. */
  readonly settle?: () => Promise<void>;
}

/**
 * The rows in an order in which each comes after all that it waits for.
 * @throws Error when a row waits for an unknown row or for itself
 */
export function inOrder(rows: readonly Row[]): Row[] {
  const byName = new Map(rows.map((row) => [row.name, row]));
  if (byName.size !== rows.length) throw new Error('two rows of the table have the same name');
  const placed = new Map<string, 'open' | 'done'>();
  const ordered: Row[] = [];
  const place = (name: string, from: string): void => {
    const row = byName.get(name);
    if (row === undefined) throw new Error(`${from} waits for ${name}, which is not in the table`);
    if (placed.get(name) === 'done') return;
    if (placed.get(name) === 'open') throw new Error(`${name} waits for itself`);
    placed.set(name, 'open');
    for (const other of row.after) place(other, name);
    placed.set(name, 'done');
    ordered.push(row);
  };
  for (const { name } of rows) place(name, 'the table');
  return ordered;
}
