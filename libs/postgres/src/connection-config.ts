import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { columnTypes } from './column-types.ts';

/** How soon the server notices that the client is gone while it still works for it. */
const CHECK_INTERVAL_MS = 1_000;
const DEFAULT_PORT = 5432;

/** Where the database is. */
export interface ConnectionOptionsOfRole {
  /** `postgres://role@host:port/database`, without password; `?sslmode=verify-full&sslrootcert=/path` for TLS. */
  readonly url: string;
  /** File that holds the password; read anew for each connection, so it may be rotated. */
  readonly passwordFile?: string;
  /** First and only schema of the search path; default: the role's own. */
  readonly schema?: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

/**
 * The driver's settings. The URL is taken apart here: given whole, its missing password would hide the one from the file.
 * @throws {TypeError} when the URL is not one of Postgres
 */
export function connectionConfig(options: ConnectionOptionsOfRole): pg.ClientConfig {
  const { passwordFile } = options;
  const url = new URL(options.url);
  if (!['postgres:', 'postgresql:'].includes(url.protocol)) throw new TypeError('not a postgres:// URL');
  const settings = [`-c client_connection_check_interval=${String(CHECK_INTERVAL_MS)}`];
  if (options.schema !== undefined) settings.push(`-c search_path=${options.schema}`);
  return {
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...passwordOf(url, passwordFile),
    ...tlsOf(url.searchParams),
    application_name: options.applicationName ?? 'trent',
    options: settings.join(' '),
    keepAlive: true,
    types: columnTypes,
  };
}

function passwordOf(url: URL, passwordFile: string | undefined): Pick<pg.ClientConfig, 'password'> {
  if (passwordFile !== undefined) return { password: async () => (await readFile(passwordFile, 'utf8')).trimEnd() };
  return url.password === '' ? {} : { password: decodeURIComponent(url.password) };
}

/** libpq's `sslmode` as far as it protects: verify-full or nothing (PostgreSQL 15, 34.19). */
function tlsOf(parameters: URLSearchParams): { ssl?: ConnectionOptions } {
  const mode = parameters.get('sslmode') ?? 'disable';
  if (mode === 'disable') return {};
  if (mode !== 'verify-full') throw new TypeError(`sslmode ${mode} is not served: use verify-full or disable`);
  const file = parameters.get('sslrootcert');
  return { ssl: { rejectUnauthorized: true, ...(file === null ? {} : { ca: readFileSync(file) }) } };
}
