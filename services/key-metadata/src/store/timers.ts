import type { Database, Transaction } from '@trent/postgres';

export type TimerKind = 'delete-key' | 'shred-material' | 'expire-material' | 'forget-material' | 'rotate-key';

export interface DueTimer {
  readonly kind: TimerKind;
  readonly region: string;
  readonly subject: string;
}

/** Arms a timer `days` from now by Postgres' clock; one that is armed is set anew. */
export async function armTimer(tx: Transaction, kind: TimerKind, region: string, subject: string, days: number): Promise<void> {
  await tx.query(
    `insert into timers (kind, region, subject, due_at) values ($1, $2, $3, now() + make_interval(days => $4))
     on conflict (kind, region, subject) do update set due_at = excluded.due_at`,
    [kind, region, subject, days],
  );
}

/** Arms a timer for a moment, which may have passed; one that is armed is set anew. */
export async function armTimerAt(tx: Transaction, kind: TimerKind, region: string, subject: string, dueAt: Date): Promise<void> {
  await tx.query(
    `insert into timers (kind, region, subject, due_at) values ($1, $2, $3, $4)
     on conflict (kind, region, subject) do update set due_at = excluded.due_at`,
    [kind, region, subject, dueAt],
  );
}

/** Disarms a timer; one that is not armed stays so. */
export async function disarmTimer(tx: Transaction, kind: TimerKind, region: string, subject: string): Promise<void> {
  await tx.query('delete from timers where kind = $1 and region = $2 and subject = $3', [kind, region, subject]);
}

/** Takes the timer that has been due longest; replicas don't wait for each other's. Undefined: none is due. */
export async function claimDueTimer(tx: Transaction): Promise<DueTimer | undefined> {
  const { rows } = await tx.query<DueTimer>(
    `delete from timers t using (
       select kind, region, subject from timers where due_at <= now() order by due_at limit 1 for update skip locked) d
     where t.kind = d.kind and t.region = d.region and t.subject = d.subject
     returning t.kind, t.region, t.subject`,
  );
  return rows[0];
}

/** Puts off a timer whose deed failed; one that somebody has set anew in the meantime stays as it is. */
export async function postponeTimer(db: Database, { kind, region, subject }: DueTimer, seconds: number): Promise<void> {
  await db.query(
    `update timers set due_at = now() + make_interval(secs => $4)
     where kind = $1 and region = $2 and subject = $3 and due_at <= now()`,
    [kind, region, subject, seconds],
  );
}
