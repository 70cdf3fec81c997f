import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HsmName } from '../backends/hsm.ts';
import { canReach, unprivilegedUser } from '../unprivileged-user.ts';

/** What makes a cluster the one it is; kept in `DIR/cluster.json`, so that a restart finds the same cluster on the same ports. */
export interface ClusterSettings {
  readonly version: 1;
  readonly zones: readonly string[];
  readonly regions: readonly string[];
  /** Whose tokens the workers open; left out by what was written before there was a choice: SoftHSM's. */
  readonly hsm?: HsmName;
  /** Postgres' data folder: inside DIR, unless the user who runs Postgres may not enter there. */
  readonly postgresData: string;
  /** Port by what it is for: `postgres.sql`, `policy-a.grpc`, `shared.https` … */
  readonly ports: Readonly<Record<string, number>>;
}

/** Zones are named by letters. */
export const ZONE_NAMES = ['a', 'b', 'c'] as const;

/** Streams of audit records a region has, so that the loss of one leader leaves two to go to. */
export const AUDIT_STREAMS = 3;

/** Where everything of a cluster is. */
export interface ClusterFolder {
  readonly dir: string;
  readonly settings: string;
  readonly state: string;
  readonly env: string;
  readonly logs: string;
  readonly pki: string;
  readonly secrets: string;
  readonly tokens: string;
  readonly supervisorLog: string;
  logFile(process: string): string;
}

/** The paths in DIR; nothing is made. */
export function clusterFolder(dir: string): ClusterFolder {
  const logs = join(dir, 'logs');
  return {
    dir,
    settings: join(dir, 'cluster.json'),
    state: join(dir, 'state.json'),
    env: join(dir, 'env'),
    logs,
    pki: join(dir, 'pki'),
    secrets: join(dir, 'secrets'),
    tokens: join(dir, 'tokens'),
    supervisorLog: join(logs, 'supervisor.log'),
    logFile: (process) => join(logs, `${process}.log`),
  };
}

/** Makes the folders; other users may pass through DIR (Postgres runs as one of them) but see nothing in it. */
export function makeClusterFolder(folder: ClusterFolder): void {
  mkdirSync(folder.dir, { recursive: true, mode: 0o711 });
  for (const inner of [folder.logs, folder.pki, folder.secrets, folder.tokens]) mkdirSync(inner, { recursive: true, mode: 0o700 });
}

/** The settings of the cluster in DIR, if there is one. */
export function readSettings(folder: ClusterFolder): ClusterSettings | undefined {
  if (!existsSync(folder.settings)) return undefined;
  const settings = JSON.parse(readFileSync(folder.settings, 'utf8')) as ClusterSettings;
  if ((settings.version as number) !== 1) throw new Error(`${folder.settings} was written by another version of Trent: npm run reset`);
  return settings;
}

/** Writes the settings whole or not at all. */
export function writeSettings(folder: ClusterFolder, settings: ClusterSettings): void {
  writeFileSync(`${folder.settings}.new`, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${folder.settings}.new`, folder.settings);
}

/** Where Postgres' data of this DIR go: the folder /root, for example, lets no other user through. */
export function choosePostgresData(dir: string): string {
  const user = unprivilegedUser();
  if (user === undefined || canReach(user, dir)) return join(dir, 'postgres');
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 16);
  return join('/var/lib/trent', name, 'postgres');
}
