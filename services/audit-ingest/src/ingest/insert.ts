import type { Database } from '@trent/postgres';
import type { AuditMessage } from './read-message.ts';

/** What an insert did. */
export interface Inserted {
  /** Records that were not there. */
  readonly stored: number;
  /** Records that were there already. */
  readonly repeated: number;
}

/** Separates the names of one row; the rows of a column are separated by newlines. Neither occurs inside a value (read-record.ts). */
const NAME_SEPARATOR = '\x1f';

/**
 * One statement, so one transaction: the records and the numbers of their messages, all that is there already left alone.
 * Columns come as one text each and are cut here, which costs half of one jsonb parameter: no JSON is parsed, nothing is escaped.
 */
const INSERT = `
with stored as (
  insert into records (event_time, event_id, arrival, account_id, region, event_name, event_source, read_only, username, access_key_id,
                       resource_names, record)
  select to_timestamp(event_time), event_id, arrival, account_id, region, event_name, event_source, read_only,
         nullif(username, ''), nullif(access_key_id, ''), coalesce(string_to_array(nullif(resource_names, ''), E'\\x1f'), '{}'), record
  from unnest(string_to_array($1, E'\\n')::float8[], string_to_array($2, E'\\n')::uuid[], string_to_array($3, E'\\n')::bigint[],
              string_to_array($4, E'\\n'), string_to_array($5, E'\\n'), string_to_array($6, E'\\n'), string_to_array($7, E'\\n'),
              string_to_array($8, E'\\n')::boolean[], string_to_array($9, E'\\n'), string_to_array($10, E'\\n'),
              string_to_array($11, E'\\n'), string_to_array($12, E'\\n'))
    as incoming (event_time, event_id, arrival, account_id, region, event_name, event_source, read_only, username, access_key_id,
                 resource_names, record)
  on conflict do nothing
  returning 1
), noted as (
  insert into batches (publisher, batch)
  select * from unnest(string_to_array($13, E'\\n'), string_to_array($14, E'\\n')::bigint[])
  on conflict do nothing
)
select count(*)::int as stored from stored`;

/**
 * Stores the records of these messages exactly once, however often and through whichever stream they come.
 * @throws TrentError DependencyTimeoutException when Postgres is not reached in time; a pg error when it refuses the data
 */
export async function insertMessages(db: Database, messages: readonly AuditMessage[], deadline: number): Promise<Inserted> {
  const values = columnsOf(inOrder(messages));
  const total = messages.reduce((sum, { records }) => sum + records.length, 0);
  const { rows } = await db.query<{ stored: number }>(INSERT, values, { deadline, name: 'insert-records' });
  const stored = rows[0]?.stored ?? 0;
  return { stored, repeated: total - stored };
}

/** Replicas that store the same messages at once take their locks in the same order: no deadlock. */
function inOrder(messages: readonly AuditMessage[]): readonly AuditMessage[] {
  return messages.toSorted((a, b) => (a.publisher < b.publisher ? -1 : a.publisher > b.publisher ? 1 : Number(a.batch) - Number(b.batch)));
}

function columnsOf(messages: readonly AuditMessage[]): string[] {
  const columns: string[][] = Array.from({ length: 12 }, () => []);
  for (const { records, storedAtUs } of messages) {
    records.forEach((record, i) => {
      const row = [
        String(record.eventTimeS),
        record.eventId,
        String(storedAtUs + i),
        record.accountId,
        record.region,
        record.eventName,
        record.eventSource,
        record.readOnly ? 't' : 'f',
        record.username,
        record.accessKeyId,
        record.resourceNames.join(NAME_SEPARATOR),
        record.record,
      ];
      row.forEach((value, column) => columns[column]?.push(value));
    });
  }
  const texts = columns.map((column) => column.join('\n'));
  return [...texts, messages.map(({ publisher }) => publisher).join('\n'), messages.map(({ batch }) => batch).join('\n')];
}
