import type { Database, Transaction } from '@trent/postgres';
import { SQLSTATE, sqlState } from '@trent/postgres';

/** Days made ahead: Postgres may be away for a week before records go to the default partition (where they are found all the same). */
const DAYS_AHEAD = 7;
/** Yesterday's records may still be on their way. */
const DAYS_BACK = 1;
/** Replicas make partitions one after the other; the key of their advisory lock ("trent/audit/days"). */
const LOCK = 0x7472_6164;

/** What was done to the table of records. */
export interface PartitionChanges {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * Makes the partitions of the days around today (Postgres's day, UTC) and removes those older than `retentionDays`, if it is given.
 */
export async function maintainPartitions(db: Database, retentionDays?: number): Promise<PartitionChanges> {
  return db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const { rows } = await tx.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'records'::regclass order by 1`,
    );
    const present = new Set(rows.map(({ name }) => name));
    const created = await createMissing(tx, present);
    const dropped = retentionDays === undefined ? [] : await dropOld(tx, [...present], retentionDays);
    return { created, dropped };
  });
}

async function createMissing(tx: Transaction, present: ReadonlySet<string>): Promise<string[]> {
  const { rows } = await tx.query<{ name: string; first: string; next: string }>(
    `select 'records_' || to_char(day, 'YYYYMMDD') as name, to_char(day, 'YYYY-MM-DD') as first, to_char(day + interval '1 day', 'YYYY-MM-DD') as next
     from generate_series(date_trunc('day', now() at time zone 'UTC') - make_interval(days => $1),
                          date_trunc('day', now() at time zone 'UTC') + make_interval(days => $2), interval '1 day') as day`,
    [DAYS_BACK, DAYS_AHEAD],
  );
  const created: string[] = [];
  for (const { name, first, next } of rows) {
    if (present.has(name)) continue;
    if (await create(tx, name, first, next)) created.push(name);
  }
  return created;
}

/** Names and dates come from to_char above. False: the default partition holds records of the day, so they stay together there. */
async function create(tx: Transaction, name: string, first: string, next: string): Promise<boolean> {
  await tx.query('savepoint day');
  try {
    await tx.query(`create table ${name} partition of records for values from ('${first}+00') to ('${next}+00')`);
    return true;
  } catch (error) {
    if (sqlState(error) !== SQLSTATE.checkViolation) throw error;
    await tx.query('rollback to savepoint day');
    return false;
  }
}

async function dropOld(tx: Transaction, present: readonly string[], retentionDays: number): Promise<string[]> {
  const { rows } = await tx.query<{ oldest: string }>(
    `select 'records_' || to_char(now() at time zone 'UTC' - make_interval(days => $1), 'YYYYMMDD') as oldest`,
    [retentionDays],
  );
  const oldest = rows[0]?.oldest ?? '';
  const old = present.filter((name) => /^records_\d{8}$/.test(name) && name < oldest);
  for (const name of old) await tx.query(`drop table ${name}`);
  return old;
}
