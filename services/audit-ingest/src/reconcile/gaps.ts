import { OUTBOX_PREFIX } from '@trent/audit-record';
import type { Database } from '@trent/postgres';

/** A message that has not come so long after a later one of its publisher is missing. Redelivery after a reader's death takes seconds. */
export const SETTLED_S = 60;
/** One replica reconciles at a time; the key of its advisory lock ("trent/audit/gaps"). */
const LOCK = 0x7472_6174;
/** A publisher that is gone and left no gap is forgotten. */
const FORGET_DAYS = 7;

/** Batches of one publisher that never came. */
export interface Gap {
  readonly publisher: string;
  /** How many. */
  readonly missing: number;
  /** Which: Postgres's text of a multirange, "{[3,5)}". */
  readonly ranges: string;
}

/**
 * Folds the batches that have settled into each publisher's watermark and finds the numbers that never came. A late one closes its gap.
 * Outboxes are left out: their numbers are row ids, which rolled-back transactions use up; what they hold is deleted only when acknowledged.
 */
const RECONCILE = `
with arrived as (
  select publisher, coalesce(max(batch) filter (where received_at < now() - make_interval(secs => $1)), 0) as top,
         range_agg(int8range(batch, batch, '[]')) as batches
  from batches where not starts_with(publisher, $2)
  group by publisher
), settled as (
  delete from batches where received_at < now() - make_interval(secs => $1)
)
insert into publishers (publisher, watermark, missing, seen_at)
select a.publisher, greatest(a.top, coalesce(p.watermark, 0)),
       coalesce(p.missing, '{}')
         + case when a.top > coalesce(p.watermark, 0) then int8multirange(int8range(coalesce(p.watermark, 0) + 1, a.top, '[]')) else '{}' end
         - a.batches,
       now()
from arrived a left join publishers p using (publisher)
on conflict (publisher) do update set watermark = excluded.watermark, missing = excluded.missing, seen_at = excluded.seen_at`;

const GAPS = `
select publisher, missing::text as ranges, (select sum(upper(r) - lower(r)) from unnest(missing) r)::float8 as missing
from publishers where missing <> '{}' order by publisher`;

/** Reconciles unless another replica is at it. @returns all gaps that are open */
export async function reconcileGaps(db: Database, settledS = SETTLED_S): Promise<readonly Gap[]> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [LOCK]);
    if (rows[0]?.locked !== true) return;
    await tx.query(RECONCILE, [settledS, OUTBOX_PREFIX]);
    await tx.query(`delete from publishers where missing = '{}' and seen_at < now() - make_interval(days => $1)`, [FORGET_DAYS]);
  });
  return (await db.query<Gap>(GAPS)).rows;
}
