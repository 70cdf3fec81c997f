import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { childEnvironment } from '../config.ts';
import type { Command } from '../managed-process.ts';
import { postgresBinFolder, required } from '../programs.ts';
import { secretIn, type Secret } from '../secrets-folder.ts';
import { unprivilegedUser } from '../unprivileged-user.ts';
import type { Verdict } from '../wait-until.ts';

const run = promisify(execFile);

/** The owner roles; each owns the schema of its own name in the database `trent` and sees no other (DESIGN 3). */
export const POSTGRES_ROLES = ['policy', 'key_metadata', 'audit'] as const;
export type PostgresRole = (typeof POSTGRES_ROLES)[number];

/** A server that allows many pools: 3 zones × 3 services × 8 connections, feeds, tests. */
const MAX_CONNECTIONS = 200;

/** Where a Postgres lives and listens. */
export interface PostgresPlace {
  /** Data folder (made by initdb, owned by the user who runs Postgres). */
  readonly data: string;
  /** Folder of the password files, one a role. */
  readonly secrets: string;
  readonly port: number;
  readonly logFile: string;
}

/** Makes the data folder when there is none, writes the settings, and says how to run it. */
export async function preparePostgres(place: PostgresPlace): Promise<Command> {
  const bin = required('Postgres', postgresBinFolder());
  const user = unprivilegedUser();
  if (!existsSync(join(place.data, 'PG_VERSION'))) await initialise(bin, place);
  writeAs(user, join(place.data, 'postgresql.auto.conf'), settings(place.port));
  writeAs(user, join(place.data, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n');
  writeFileSync(place.logFile, '', { flag: 'a', mode: 0o600 });
  return {
    name: 'postgres',
    program: join(bin, 'postgres'),
    args: ['-D', place.data],
    folder: '/',
    ...(user === undefined ? {} : { user }),
    stopSignal: 'SIGINT',
    logFile: place.logFile,
    ready: () => postgresReady(place),
  };
}

async function initialise(bin: string, place: PostgresPlace): Promise<void> {
  const user = unprivilegedUser();
  rmSync(place.data, { recursive: true, force: true });
  mkdirSync(dirname(place.data), { recursive: true, mode: 0o711 });
  mkdirSync(place.data, { mode: 0o700 });
  const superuser = secretIn(place.secrets, 'postgres-superuser').value;
  const passwordFile = join(dirname(place.data), `.initdb-${String(place.port)}`);
  writeAs(user, passwordFile, superuser);
  if (user !== undefined) chownSync(place.data, user.uid, user.gid);
  try {
    await run(
      join(bin, 'initdb'),
      [
        '-D',
        place.data,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--no-instructions',
      ],
      { env: childEnvironment(), cwd: '/', ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function writeAs(user: { uid: number; gid: number } | undefined, file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
  if (user !== undefined) chownSync(file, user.uid, user.gid);
}

/** Durable (fsync and synchronous_commit stay on), TCP on loopback only, no Unix socket that another cluster could collide with. */
function settings(port: number): string {
  return [
    `port = ${String(port)}`,
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    `max_connections = ${String(MAX_CONNECTIONS)}`,
    'shared_buffers = 128MB',
    // Fewer checkpoints, so fewer whole pages in the log; what is committed is durable all the same.
    'checkpoint_timeout = 15min',
    'max_wal_size = 2GB',
    "password_encryption = 'scram-sha-256'",
    'fsync = on',
    'synchronous_commit = on',
    'jit = off',
    "log_line_prefix = '%m [%p] %u '",
    "timezone = 'UTC'",
    '',
  ].join('\n');
}

/** Opens one connection as the superuser. */
export async function superuserClient(place: PostgresPlace, database: string): Promise<pg.Client> {
  const password = secretIn(place.secrets, 'postgres-superuser').value;
  const client = new pg.Client({ host: '127.0.0.1', port: place.port, user: 'postgres', password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Whether it accepts connections. */
export async function postgresReady(place: PostgresPlace): Promise<Verdict> {
  try {
    const client = await superuserClient(place, 'postgres');
    await client.end();
    return true;
  } catch (error) {
    return `no connection (${error instanceof Object && 'message' in error ? String(error.message) : 'refused'})`;
  }
}

/** Makes the database `trent`, the roles with their passwords and their schemas; harmless when they are there. */
export async function prepareDatabase(place: PostgresPlace): Promise<void> {
  const admin = await superuserClient(place, 'postgres');
  try {
    for (const role of POSTGRES_ROLES) {
      const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role]);
      const password = admin.escapeLiteral(roleSecret(place, role).value);
      await admin.query(`${rowCount === 0 ? 'create' : 'alter'} role ${role} login password ${password}`);
      await admin.query(`alter role ${role} set search_path = ${role}`);
    }
    const { rowCount } = await admin.query("select from pg_database where datname = 'trent'");
    if (rowCount === 0) await admin.query('create database trent');
    await admin.query(`revoke all on database trent from public`);
    await admin.query(`grant connect on database trent to ${POSTGRES_ROLES.join(', ')}`);
  } finally {
    await admin.end();
  }
  const trent = await superuserClient(place, 'trent');
  try {
    await trent.query('revoke all on schema public from public');
    for (const role of POSTGRES_ROLES) await trent.query(`create schema if not exists ${role} authorization ${role}`);
  } finally {
    await trent.end();
  }
}

/** The password of a role, in the file that its service reads. */
export function roleSecret(place: PostgresPlace, role: PostgresRole): Secret {
  return secretIn(place.secrets, `postgres-${role}`);
}

/** `TRENT_POSTGRES_URL` of a role (without its password, which is in the file). */
export function postgresUrl(place: PostgresPlace, role: string): string {
  return `postgres://${role}@127.0.0.1:${String(place.port)}/trent`;
}
