import { join } from 'node:path';
import { startPostgres, type TestPostgres } from '@trent/local-cluster';
import { changeTablesSql } from '@trent/outbox';
import { migrate, openDatabase, type Database } from '@trent/postgres';
import { insertAccount } from '../src/store/accounts.ts';
import type { AccountId } from '@trent/identifiers';

export const ACCOUNT = '111122223333' as AccountId;
export const OTHER_ACCOUNT = '444455556666' as AccountId;

/** A real Postgres with policy's schema and two accounts. */
export interface PolicyStore extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly db: Database;
}

/** Starts it; disposal stops it. */
export async function startPolicyStore(): Promise<PolicyStore> {
  const postgres = await startPostgres();
  const access = { ...postgres.as('policy'), schema: 'policy' };
  const include = [{ name: '0002_change', sql: changeTablesSql }];
  await migrate({ ...access, dir: join(import.meta.dirname, '../migrations'), include });
  const db = openDatabase({ ...access, pool: 4 });
  await db.transaction(async (tx) => {
    await insertAccount(tx, ACCOUNT, 'one');
    await insertAccount(tx, OTHER_ACCOUNT, 'two');
  });
  return {
    postgres,
    db,
    [Symbol.asyncDispose]: async () => {
      await db.close();
      await postgres[Symbol.asyncDispose]();
    },
  };
}
