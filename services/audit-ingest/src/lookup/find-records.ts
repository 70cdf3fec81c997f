import type { Database } from '@trent/postgres';
import type { Position } from './next-token.ts';
import type { Filter } from './read-request.ts';

/** A record as look-up answers it. */
export interface FoundRecord {
  readonly event_id: string;
  readonly event_time_s: number;
  readonly arrival: bigint;
  readonly event_name: string;
  readonly event_source: string;
  readonly read_only: boolean;
  readonly username: string | null;
  readonly access_key_id: string | null;
  readonly record: string;
}

/** Where to look. */
export interface Scope {
  readonly accountId: string;
  readonly region: string;
  readonly filter: Filter;
  /** Seconds since the epoch, inclusive. */
  readonly fromS: number;
  /** Strictly older than this. */
  readonly before: Position;
}

/** Whether an index leads to what the filter wants; else records are walked along time. */
export function isIndexed({ by }: Filter): boolean {
  return by === 'time' || by === 'eventId' || by === 'resourceName';
}

/** The newest records within the scope, newest first. */
export async function findRecords(db: Database, scope: Scope, limit: number, deadline: number): Promise<readonly FoundRecord[]> {
  const { accountId, region, filter, fromS, before } = scope;
  const values = [accountId, region, fromS, before.eventTimeS, before.arrival, before.eventId, limit];
  if (filter.by !== 'time') values.push(filter.value as string);
  const { rows } = await db.query<FoundRecord>(statementOf(filter), values, { deadline });
  return rows;
}

const ORDER = 'order by event_time desc, arrival desc, event_id desc limit $7';

function select(condition: string): string {
  return `select event_id, event_time, extract(epoch from event_time)::float8 as event_time_s, arrival, event_name, event_source, read_only,
                 username, access_key_id, record
          from records
          where account_id = $1 and region = $2 and event_time >= to_timestamp($3)
            and (event_time, arrival, event_id) < (to_timestamp($4), $5::bigint, $6::uuid) and ${condition} ${ORDER}`;
}

/** One statement a filter: the parts in it are ours, what callers gave are parameters. */
function statementOf({ by }: Filter): string {
  switch (by) {
    case 'time':
      return select('true');
    case 'eventId':
      return select(`event_id = case when $8 ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then $8::uuid end`);
    case 'readOnly':
      return select('read_only = $8::boolean');
    case 'eventName':
      return select('event_name = $8');
    case 'eventSource':
      return select('event_source = $8');
    case 'username':
      return select('username = $8');
    case 'accessKeyId':
      return select('access_key_id = $8');
    case 'resourceType':
      return select(
        `cardinality(resource_names) > 0
         and exists (select from jsonb_array_elements(record::jsonb -> 'resources') as resource where resource ->> 'type' = $8)`,
      );
    case 'resourceName':
      // Two roads, each with its index: those named first, and the few records of several.
      return `select * from (
                (${select('resource_names[1] = $8')})
                union all
                (${select('cardinality(resource_names) > 1 and resource_names[1] <> $8 and $8 = any (resource_names)')})
              ) as found ${ORDER}`;
  }
}
