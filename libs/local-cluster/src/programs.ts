import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, childEnvironment } from './config.ts';

/** The release that Trent is built and tested with; Debian's own 2.9 lacks `sync_interval`, so an acknowledged record could be lost. */
export const NATS_SERVER_VERSION = '2.15.1';

/** Where `fetch-nats-server.ts` keeps the binary. */
export function natsServerPath(): string {
  return join(cacheFolder(), `nats-server-${NATS_SERVER_VERSION}`, 'nats-server');
}

/** Folder with `initdb` and `postgres`: the newest of Debian's, else wherever PATH has them. */
export function postgresBinFolder(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = listed(base)
    .filter((name) => /^\d+$/.test(name) && isExecutable(join(base, name, 'bin', 'initdb')))
    .sort((a, b) => Number(b) - Number(a));
  if (versions[0] !== undefined) return join(base, versions[0], 'bin');
  return folderInPath('initdb');
}

/** The Redis server's path. */
export function redisServerPath(): string | undefined {
  const folder = folderInPath('redis-server');
  return folder === undefined ? undefined : join(folder, 'redis-server');
}

/** SoftHSM's PKCS#11 module: Debian's multi-arch folder first. */
export function softHsmModulePath(): string | undefined {
  const multiarch = listed('/usr/lib')
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join('/usr/lib', name, 'softhsm', 'libsofthsm2.so'));
  const candidates = [...multiarch, '/usr/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'];
  return candidates.find((path) => isReadable(path));
}

/** The token tool that comes with the module. */
export function softHsmUtilPath(): string | undefined {
  const folder = folderInPath('softhsm2-util');
  return folder === undefined ? undefined : join(folder, 'softhsm2-util');
}

/** Where `fetch-softokn.ts` keeps NSS's libraries; whoever opens the module needs it in LD_LIBRARY_PATH, they find each other by it. */
export function softoknFolder(): string {
  return join(cacheFolder(), 'softokn');
}

/** NSS's PKCS#11 module of a newer Debian, with Ed25519, ML-DSA and ML-KEM. */
export function softoknModulePath(): string {
  return join(softoknFolder(), 'libsoftokn3.so');
}

/** The folder of PATH that holds an executable of this name. */
export function folderInPath(name: string): string | undefined {
  const folders = [...(childEnvironment()['PATH'] ?? '').split(':'), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders.find((folder) => folder !== '' && isExecutable(join(folder, name)));
}

/** What is there, or one line that says what is not and how to get it. */
export function required(what: string, path: string | undefined): string {
  if (path === undefined) throw new Error(`${what} is not installed: npm run up installs what is missing`);
  return path;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether this file may be executed by us. */
export function isExecutable(path: string): boolean {
  return mayAccess(path, constants.X_OK);
}

function isReadable(path: string): boolean {
  return mayAccess(path, constants.R_OK);
}

function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
