import type { Database } from '@trent/postgres';

/** The key of NextTokens: made by the first replica to start, read by all. @param fresh 32 random bytes, used if there is none yet */
export async function tokenKey(db: Database, fresh: Uint8Array): Promise<Buffer> {
  await db.query(`insert into secrets (name, value) values ('next-token', $1) on conflict do nothing`, [fresh]);
  const { rows } = await db.query<{ value: Buffer }>(`select value from secrets where name = 'next-token'`);
  const [row] = rows;
  if (row === undefined) throw new Error('the key of NextTokens is gone');
  return row.value;
}
