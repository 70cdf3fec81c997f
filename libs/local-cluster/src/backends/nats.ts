import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../managed-process.ts';
import { isExecutable, natsServerPath, required } from '../programs.ts';
import { secretIn, type Secret } from '../secrets-folder.ts';
import type { Verdict } from '../wait-until.ts';
import { NATS_USERS, natsPermissions, type NatsUser, type StreamNames } from './nats-permissions.ts';

const LOOK_TIMEOUT_MS = 2_000;

/** 2 GiB, and a little. */
const GB_A_STREAM = 2.2;
const GB_BESIDES = 9;

/** One NATS server of a cluster of one or three. */
export interface NatsNode {
  /** `nats-a` */
  readonly name: string;
  readonly folder: string;
  readonly logFile: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly clusterPort: number;
}

/** A NATS cluster: its servers, the folder of its users' password files, the streams that it will hold. */
export interface NatsPlace {
  readonly nodes: readonly NatsNode[];
  readonly secrets: string;
  readonly streams: StreamNames;
}

/** Writes one server's configuration and says how to run it. */
export function prepareNats(place: NatsPlace, node: NatsNode): Command {
  const binary = natsServerPath();
  const program = required('nats-server', isExecutable(binary) ? binary : undefined);
  mkdirSync(node.folder, { recursive: true, mode: 0o700 });
  const file = join(node.folder, 'nats.conf');
  writeFileSync(file, configuration(place, node), { mode: 0o600 });
  return {
    name: node.name,
    program,
    args: ['--config', file],
    folder: node.folder,
    logFile: node.logFile,
    ready: () => natsReady(place, node),
  };
}

function configuration(place: NatsPlace, node: NatsNode): string {
  return [
    `server_name: ${node.name}`,
    `listen: "127.0.0.1:${String(node.port)}"`,
    `http: "127.0.0.1:${String(node.monitorPort)}"`,
    'max_payload: 1MB',
    'write_deadline: "5s"',
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(node.folder, 'jetstream'))}`,
    '  max_memory_store: 64MB',
    // JetStream reserves the bounds of all streams beforehand; what they hold is far less.
    `  max_file_store: ${String(fileStoreGb(place.streams))}GB`,
    // An acknowledged record is on disk, not in a page cache (P4).
    '  sync_interval: always',
    '}',
    ...cluster(place, node),
    'authorization {',
    '  timeout: 5',
    '  users: [',
    ...NATS_USERS.map((user) => userEntry(place, user)),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** Room for the audit streams of every region (2 GiB each, the default of TRENT_AUDIT_STREAM_BYTES) and for what has no bound. */
function fileStoreGb({ regions, auditStreams }: StreamNames): number {
  return Math.ceil(GB_A_STREAM * regions.length * auditStreams) + GB_BESIDES;
}

function cluster(place: NatsPlace, node: NatsNode): string[] {
  if (place.nodes.length === 1) return [];
  const password = secretIn(place.secrets, 'nats-cluster').value;
  const routes = place.nodes
    .filter((other) => other !== node)
    .map((other) => `"nats://cluster:${password}@127.0.0.1:${String(other.clusterPort)}"`);
  return [
    'cluster {',
    '  name: trent',
    `  listen: "127.0.0.1:${String(node.clusterPort)}"`,
    // Clients know every server from their configuration; gossip would only add addresses behind it.
    '  no_advertise: true',
    `  authorization { user: cluster, password: ${JSON.stringify(password)} }`,
    `  routes: [${routes.join(', ')}]`,
    '}',
  ];
}

function userEntry(place: NatsPlace, user: NatsUser): string {
  const { publish, subscribe } = natsPermissions(user, place.streams);
  const permissions = `{ publish: { allow: ${JSON.stringify(publish)} }, subscribe: { allow: ${JSON.stringify(subscribe)} } }`;
  return `    { user: ${user}, password: ${JSON.stringify(natsSecret(place, user).value)}, permissions: ${permissions} }`;
}

/** The password of a NATS user, in the file that its service reads. */
export function natsSecret(place: NatsPlace, user: NatsUser): Secret {
  return secretIn(place.secrets, `nats-${user}`);
}

/** Healthy, and, in a cluster, caught up with an elected JetStream leader and connected to every other server. */
export async function natsReady(place: NatsPlace, node: NatsNode): Promise<Verdict> {
  const monitor = `http://127.0.0.1:${String(node.monitorPort)}`;
  try {
    const health = await fetch(`${monitor}/healthz`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    const { error } = (await health.json()) as { error?: string };
    if (!health.ok) return error ?? `health ${String(health.status)}`;
    if (place.nodes.length === 1) return true;
    const answer = await fetch(`${monitor}/jsz`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    const { meta_cluster: meta } = (await answer.json()) as { meta_cluster?: { leader?: string } };
    return meta?.leader === undefined || meta.leader === '' ? 'no JetStream leader' : true;
  } catch {
    return 'no answer from its monitoring port';
  }
}
