import { readFile } from 'node:fs/promises';
import { runner, type RunnerOption } from 'node-pg-migrate';
import pg from 'pg';
import { connectionConfig, type ConnectionOptionsOfRole } from './connection-config.ts';
import { asStoreError } from './sql-errors.ts';

/** Where node-pg-migrate remembers what was run. */
const MIGRATIONS_TABLE = 'migrations';
/** Another replica may be migrating: wait for it this long. */
const LOCK_TIMEOUT_MS = 60_000;

/** A migration that a library brings along; its name takes its place among the files (`0002_change`). */
export interface IncludedMigration {
  /** `0002_change`, unique within the service, never renamed. */
  readonly name: string;
  readonly sql: string;
}

/** What to bring up to date. */
export interface MigrateOptions extends ConnectionOptionsOfRole {
  /** The service's schema; made if missing, if the role may. */
  readonly schema: string;
  /** Folder of `0001_name.sql` files. */
  readonly dir: string;
  readonly include?: readonly IncludedMigration[];
}

/**
 * Brings a service's schema up to date by node-pg-migrate, in one transaction, under an advisory lock: replicas that start together
 * wait for the first. A migration that was run is never edited; a change is a new file.
 * @returns names of the migrations that were run now
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const client = new pg.Client({ ...connectionConfig(options), lock_timeout: LOCK_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await connect(client);
    await ensureSchema(client, options.schema);
    const done = await runner({
      dbClient: client,
      dir: options.dir,
      schema: options.schema,
      migrationsTable: MIGRATIONS_TABLE,
      direction: 'up',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      migrationLoaderStrategies: [{ extensions: ['.sql'], loader: loaderWith(options.dir, options.include ?? []) }],
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    });
    return done.map(({ name }) => name);
  } finally {
    await client.end().catch(nothing);
  }
}

async function connect(client: pg.Client): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    throw asStoreError(error);
  }
}

const nothing = (): void => undefined;

type Loader = Extract<NonNullable<RunnerOption['migrationLoaderStrategies']>[number]['loader'], (filePaths: string[]) => unknown>;
type Unit = Awaited<ReturnType<Loader>>[number];

/** The files of the folder and the included migrations; node-pg-migrate puts them in the order of their names. */
function loaderWith(dir: string, include: readonly IncludedMigration[]): Loader {
  return async (filePaths) => {
    const files = filePaths.map(async (path) => unitOf(path, await readFile(path, 'utf8')));
    return [...(await Promise.all(files)), ...include.map(({ name, sql }) => unitOf(`${dir}/${name}.sql`, sql))];
  };
}

/** One migration: forward only, the whole text. */
function unitOf(path: string, sql: string): Unit {
  const up: Unit['actions']['up'] = (pgm) => {
    pgm.sql(sql);
  };
  return { id: path, filePaths: [path], actions: { up, down: false } };
}

/** A role may own its schema without being allowed to make one, so a present schema must not be "created if not exists". */
async function ensureSchema(client: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`);
}
