import type { Database, Transaction } from '@trent/postgres';
import type { OutboxRow } from './commit-change.ts';
import type { Relay } from './relay.ts';

/** Rows younger than this are still in the hands of the process that committed them. */
const LEFT_BEHIND_SECONDS = 2;
/** Rows a sweep; its transaction stays short. */
const SWEEP_ROWS = 64;
const SWEEP_PATIENCE_MS = 4_000;
/** How long answers and the log are kept; what was relayed stays as long, to be compared with the trail. */
const KEEP_SECONDS = 3_600;
/** Rows deleted by one statement: a fraction of a second. */
const CLEAN_ROWS = 5_000;

const LEFT_BEHIND = `select id, region, record from audit_outbox
  where relayed_at is null and at < clock_timestamp() - make_interval(secs => $1) order by id limit $2 for update skip locked`;
const RELAYED = 'update audit_outbox set relayed_at = clock_timestamp() where id = any($1::bigint[])';

/** What is old enough to go. The log's rows go too: a follower that far behind starts anew. What is not relayed never goes. */
const CLEANING = [oldRowsOf('idempotency'), oldRowsOf('change_log'), oldRowsOf('audit_outbox', 'relayed_at is not null')];

function oldRowsOf(table: string, condition = 'true'): string {
  return `delete from ${table} where ctid = any(array(
    select ctid from ${table} where at < clock_timestamp() - make_interval(secs => $1) and ${condition} limit $2))`;
}

/**
 * Relays rows that a killed process left behind, or whose acknowledgement came too late. Sweepers of several processes share the work
 * (SKIP LOCKED).
 * @returns how many were relayed; SWEEP_ROWS means that there may be more
 */
export async function sweepOutbox(db: Database, relay: Relay): Promise<{ relayed: number; isFull: boolean }> {
  const deadline = performance.now() + SWEEP_PATIENCE_MS;
  return db.transaction(async (tx) => sweepIn(tx, relay, deadline - SWEEP_PATIENCE_MS / 4), { deadline });
}

async function sweepIn(tx: Transaction, relay: Relay, publishBy: number): Promise<{ relayed: number; isFull: boolean }> {
  const { rows } = await tx.query<OutboxRow>(LEFT_BEHIND, [LEFT_BEHIND_SECONDS, SWEEP_ROWS]);
  const outcomes = await Promise.allSettled(rows.map(async (row) => relay.publish(row, publishBy)));
  const relayed = rows.filter((_, i) => outcomes[i]?.status === 'fulfilled').map(({ id }) => id);
  if (relayed.length > 0) await tx.query(RELAYED, [relayed]);
  return { relayed: relayed.length, isFull: rows.length === SWEEP_ROWS && relayed.length === rows.length };
}

/** Deletes what is older than an hour, a bounded number of rows each time. @returns whether there may be more */
export async function cleanTables(db: Database): Promise<boolean> {
  let isFull = false;
  for (const statement of CLEANING) {
    const { rowCount } = await db.query(statement, [KEEP_SECONDS, CLEAN_ROWS]);
    isFull ||= rowCount === CLEAN_ROWS;
  }
  return isFull;
}
