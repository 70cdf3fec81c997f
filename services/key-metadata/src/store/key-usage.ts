import type { metadata } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Database } from '@trent/postgres';
import type { Reader } from './keys.ts';

/** What is known of the use of a key. */
export interface KeyUsageRow {
  readonly trackingStartedAt: Date;
  /** Null, like the others: not used since. */
  readonly operation: string | null;
  readonly usedAt: Date | null;
  readonly eventId: string | null;
  readonly requestId: string | null;
}

/** In the order of the keys, so that two reports don't wait for each other; a key that is gone has no use. */
const KEEP = `insert into key_usage as u (region, key_id, operation, used_at, event_id, request_id)
  select k.region, k.key_id, n.operation, to_timestamp(n.used_at_ms / 1000.0), n.event_id, n.request_id
  from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
    as n (region, key_id, operation, used_at_ms, event_id, request_id)
  join keys k on k.region = n.region and k.key_id = n.key_id
  order by k.region, k.key_id
  on conflict (region, key_id) do update set operation = excluded.operation, used_at = excluded.used_at,
    event_id = excluded.event_id, request_id = excluded.request_id
  where u.used_at < excluded.used_at`;

/** Keeps the newest use of each key. @param deadline performance.now() milliseconds */
export async function keepKeyUsage(db: Database, uses: readonly metadata.KeyUse[], deadline: number): Promise<void> {
  await db.query(
    KEEP,
    [
      uses.map(({ region }) => region),
      uses.map(({ keyId }) => keyId),
      uses.map(({ operation }) => operation),
      uses.map(({ usedAtMs }) => usedAtMs),
      uses.map(({ eventId }) => eventId),
      uses.map(({ requestId }) => requestId),
    ],
    { deadline, name: 'keep-key-usage' },
  );
}

/** Epoch milliseconds since when a key is not used: its last use, else when it was made or uses began to be noted. @throws NotFoundException */
export async function unusedSince(db: Database, region: string, keyId: string, deadline: number): Promise<number> {
  const { rows } = await db.query<{ since: Date }>(
    `select coalesce(u.used_at, greatest(t.started_at, k.created_at)) as since
     from usage_tracking t join keys k on k.region = $1 and k.key_id = $2 left join key_usage u on u.region = k.region and u.key_id = k.key_id`,
    [region, keyId],
    { deadline, name: 'unused-since' },
  );
  return rows[0]?.since.getTime() ?? fail('NotFoundException', `Key '${keyId}' does not exist`);
}

/** Undefined never: also a key that was never used has the date from which its uses are noted. */
export async function readKeyUsage(db: Reader, region: string, keyId: string): Promise<KeyUsageRow | undefined> {
  const { rows } = await db.query<KeyUsageRow>(
    `select t.started_at as "trackingStartedAt", u.operation, u.used_at as "usedAt", u.event_id as "eventId", u.request_id as "requestId"
     from usage_tracking t left join key_usage u on u.region = $1 and u.key_id = $2`,
    [region, keyId],
    { name: 'key-usage' },
  );
  return rows[0];
}
