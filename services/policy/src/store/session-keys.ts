import type { Database } from '@trent/postgres';

/** A generation of the session key as it is stored. */
export interface SessionKeyRow {
  readonly generation: number;
  readonly sealedRoot: Buffer;
  /** Epoch milliseconds. */
  readonly madeAtMs: number;
}

/** All generations, the oldest first. */
export async function findSessionKeys(db: Database, deadline: number): Promise<SessionKeyRow[]> {
  const { rows } = await db.query<SessionKeyRow>(
    `select generation, sealed_root as "sealedRoot", extract(epoch from made_at)::float8 * 1000 as "madeAtMs"
     from session_keys order by generation`,
    [],
    { deadline },
  );
  return rows;
}

/** Adds a generation unless another replica was faster. */
export async function insertSessionKey(db: Database, generation: number, sealedRoot: Buffer, deadline: number): Promise<void> {
  await db.query('insert into session_keys (generation, sealed_root) values ($1, $2) on conflict do nothing', [generation, sealedRoot], {
    deadline,
  });
}

/** Removes generations that no living token can name. */
export async function deleteSessionKeys(db: Database, upToGeneration: number, deadline: number): Promise<void> {
  await db.query('delete from session_keys where generation <= $1', [upToGeneration], { deadline });
}
