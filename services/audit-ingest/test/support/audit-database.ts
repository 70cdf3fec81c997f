import { join } from 'node:path';
import { startPostgres, type TestPostgres } from '@trent/local-cluster';
import { migrate, openDatabase, type Database } from '@trent/postgres';
import { maintainPartitions } from '../../src/retention/partitions.ts';

/** A real Postgres with the schema of audit, and the service's connections to it. */
export interface AuditDatabase extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly db: Database;
}

/** Starts one. */
export async function startAuditDatabase(): Promise<AuditDatabase> {
  const postgres = await startPostgres();
  const { url, passwordFile } = postgres.as('audit');
  const connection = { url, passwordFile, schema: 'audit' };
  await migrate({ ...connection, dir: join(import.meta.dirname, '../../migrations') });
  const db = openDatabase({ ...connection, pool: 4, applicationName: 'test' });
  await maintainPartitions(db);
  return {
    postgres,
    db,
    [Symbol.asyncDispose]: async () => {
      await db.close();
      await postgres[Symbol.asyncDispose]();
    },
  };
}
