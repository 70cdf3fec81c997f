import type { Database } from '@trent/postgres';
import type { AuditMessage, Unreadable } from './read-message.ts';

/** Keeps what is no record, once, with the message it came in. */
export async function quarantine(
  db: Database,
  message: Pick<AuditMessage, 'stream' | 'sequence' | 'publisher' | 'batch'>,
  items: readonly Unreadable[],
  deadline: number,
): Promise<void> {
  const { stream, sequence, publisher, batch } = message;
  for (const { item, reason, body } of items) {
    await db.query(
      `insert into quarantine (stream, sequence, item, publisher, batch, reason, body)
       values ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6, $7) on conflict do nothing`,
      [stream, sequence, item, publisher, batch, reason, body],
      { deadline },
    );
  }
}

/** All of a message whose records Postgres refuses, as one thing to set apart. */
export function wholeMessage({ records }: AuditMessage, reason: string): Unreadable {
  return { item: -1, reason, body: Buffer.from(records.map(({ record }) => record).join('\n')) };
}
