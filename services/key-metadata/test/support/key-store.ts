import { join } from 'node:path';
import { startPostgres, type TestPostgres } from '@trent/local-cluster';
import { changeTablesSql } from '@trent/outbox';
import { migrate, openDatabase, type Database } from '@trent/postgres';

export const REGION = 'us-east-1';
export const ACCOUNT = '111122223333';
const SCHEMA = 'key_metadata';
/** For a hundred thousand keys on a busy machine. */
const FILL_MS = 240_000;

/** A Postgres of a test's own with key-metadata's schema in it. */
export class KeyStore implements AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly db: Database;

  private constructor(postgres: TestPostgres, db: Database) {
    this.postgres = postgres;
    this.db = db;
  }

  static async start(): Promise<KeyStore> {
    const postgres = await startPostgres();
    const connection = { ...postgres.as('key_metadata'), schema: SCHEMA };
    const include = [{ name: '0002_change', sql: changeTablesSql }];
    await migrate({ ...connection, dir: join(import.meta.dirname, '../../migrations'), include });
    return new KeyStore(postgres, openDatabase({ ...connection, pool: 8 }));
  }

  /** Keys with one material, alias and tag each, made by SQL: ids in the order of their numbers. */
  async fill(keys: number): Promise<void> {
    const run = (sql: string, values: unknown[] = []) => this.db.query(sql, values, { deadline: performance.now() + FILL_MS });
    await run(
      `insert into keys (region, key_id, account_id, key_state, key_spec, key_usage, origin, policy)
       select $1, lpad(n::text, 36, '0'), $2, 'Enabled', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'AWS_KMS', '{}' from generate_series(1, $3::int) n`,
      [REGION, ACCOUNT, keys],
    );
    await run(
      `insert into materials (region, key_id, material_id, token, root_version, is_current)
       select region, key_id, repeat('a', 64), '\\x00', 1, true from keys`,
    );
    await run(
      `insert into aliases (region, account_id, alias_name, key_id) select region, account_id, 'alias/' || key_id, key_id from keys`,
    );
    await run(`insert into tags (region, key_id, tag_key, tag_value) select region, key_id, 'team', 'blue' from keys`);
    await run('analyze');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.close();
    await this.postgres[Symbol.asyncDispose]();
  }
}

/** The id of the nth key that `fill` made. */
export function keyIdAt(n: number): string {
  return String(n).padStart(36, '0');
}
