import type { Database } from '@trent/postgres';

/** The sealed key, if one was made. */
export async function findFreezeKey(db: Database, deadline: number): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ sealedKey: Buffer }>('select sealed_key as "sealedKey" from freeze_key', [], { deadline });
  return rows[0]?.sealedKey;
}

/** Keeps a key unless another replica was faster. */
export async function insertFreezeKey(db: Database, sealedKey: Buffer, deadline: number): Promise<void> {
  await db.query('insert into freeze_key (sealed_key) values ($1) on conflict do nothing', [sealedKey], { deadline });
}
