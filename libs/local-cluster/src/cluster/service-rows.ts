import { join } from 'node:path';
import { natsSecret, type NatsPlace } from '../backends/nats.ts';
import { postgresUrl, roleSecret, type PostgresPlace, type PostgresRole } from '../backends/postgres.ts';
import { redisSecret } from '../backends/redis.ts';
import { keyStoreTokens, prepareKeyStoreTokens } from '../backends/key-store-tokens.ts';
import type { TokenPlace } from '../backends/hsm.ts';
import { cacheFolder, passedThrough, repositoryRoot, xksVariables } from '../config.ts';
import type { Command } from '../managed-process.ts';
import { clusterCertificates, type ServiceName } from '../pki/cluster-certificates.ts';
import type { Verdict } from '../wait-until.ts';
import { keyStoreName, workerName } from './assign-ports.ts';
import { REGION_GROUP, type JoiningTokens } from './join-tokens.ts';
import type { Row } from './row.ts';
import { AUDIT_STREAMS, type ClusterFolder, type ClusterSettings } from './settings.ts';

/** Services wait for each other (feeds, leases, permit keys); a slow machine starts fifteen of them side by side. */
const READY_TIMEOUT_MS = 90_000;
const LOOK_TIMEOUT_MS = 2_000;

/** Who is stopped first: who asks before who answers. */
const STOP_RANK: Readonly<Record<ServiceName, number>> = {
  gateway: 6,
  policy: 5,
  'key-metadata': 4,
  'crypto-worker': 3,
  'audit-ingest': 2,
  'key-store': 2,
};

/** Where the entry of a process is, if not in a service of its name. */
const ENTRIES: Readonly<Partial<Record<ServiceName, string>>> = { 'key-store': 'crypto-worker/src/key-store/main.ts' };

/** What the services are told about the cluster they are part of. */
export interface ClusterParts {
  readonly folder: ClusterFolder;
  readonly settings: ClusterSettings;
  readonly postgres: PostgresPlace;
  readonly nats: NatsPlace;
  /** The token of a crypto worker, by its process name. */
  readonly token: (worker: string) => TokenPlace;
}

/** The rows of all services: every zone has each, a crypto worker a region, which starts once its token has joined. */
export function serviceRows(parts: ClusterParts, after: readonly string[], tokens?: JoiningTokens): Row[] {
  const { zones, regions } = parts.settings;
  const inZones = zones.flatMap((zone) => [
    ...regions.map((region) => {
      const name = workerName(regions, region, zone);
      const variables = {
        ...grpc(parts, name),
        ...nats(parts, 'crypto-worker'),
        ...token(parts.token(name)),
        TRENT_REGION: region,
        ...groups(parts),
        ...feeds(parts),
        ...keyStores(parts),
      };
      const worker = row(parts, 'crypto-worker', name, zone, after, variables);
      const prepare = async (): Promise<Command> => {
        await tokens?.get(name);
        return worker.prepare();
      };
      return { ...worker, region, prepare };
    }),
    row(parts, 'key-metadata', `key-metadata-${zone}`, zone, after, {
      ...grpc(parts, `key-metadata-${zone}`),
      ...nats(parts, 'key-metadata'),
      ...postgres(parts, 'key_metadata'),
      ...groups(parts),
      ...keyStores(parts),
      TRENT_CRYPTO_WORKER_ENDPOINTS: workerEndpoints(parts),
    }),
    row(parts, 'policy', `policy-${zone}`, zone, after, {
      ...grpc(parts, `policy-${zone}`),
      ...nats(parts, 'policy'),
      ...postgres(parts, 'policy'),
      TRENT_KEY_METADATA_ENDPOINTS: endpoints(parts, 'key-metadata'),
      TRENT_CRYPTO_WORKER_ENDPOINTS: workerEndpoints(parts),
      TRENT_POLICY_ENDPOINTS: endpoints(parts, 'policy'),
    }),
    row(parts, 'audit-ingest', `audit-ingest-${zone}`, zone, after, {
      ...grpc(parts, `audit-ingest-${zone}`),
      ...nats(parts, 'audit-ingest'),
      ...postgres(parts, 'audit'),
    }),
    row(parts, 'gateway', `gateway-${zone}`, zone, after, { ...nats(parts, 'gateway'), ...edge(parts, zone) }),
  ]);
  return [...inZones, keyStoreRow(parts, after)];
}

/** The process of custom key stores, over tokens of its own. */
function keyStoreRow(parts: ClusterParts, after: readonly string[]): Row {
  const { settings, folder } = parts;
  const name = keyStoreName(settings.zones);
  const { conf, clustersFile } = keyStoreTokens(folder.tokens);
  const variables = { ...grpc(parts, name), SOFTHSM2_CONF: conf, TRENT_KEY_STORE_CLUSTERS: clustersFile, ...xksVariables() };
  const process = row(parts, 'key-store', name, settings.zones[0] ?? 'a', after, variables);
  const prepare = async (): Promise<Command> => {
    await prepareKeyStoreTokens(folder.tokens, Date.now());
    return process.prepare();
  };
  return { ...process, prepare };
}

function row(
  parts: ClusterParts,
  service: ServiceName,
  name: string,
  zone: string,
  after: readonly string[],
  variables: Readonly<Record<string, string>>,
): Row {
  const { folder, settings } = parts;
  const prefix = `${name}.`;
  const ports = Object.fromEntries(
    Object.entries(settings.ports)
      .filter(([port]) => port.startsWith(prefix))
      .map(([port, number]) => [port.slice(prefix.length), number]),
  );
  const adminUrl = `http://127.0.0.1:${portOf(settings, `${name}.admin`)}/readyz`;
  const command: Command = {
    name,
    program: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(repositoryRoot, 'services', ENTRIES[service] ?? `${service}/src/main.ts`)],
    env: { NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled'), ...passedThrough(), ...common(parts, service, name, zone), ...variables },
    folder: folder.dir,
    logFile: folder.logFile(name),
    ready: () => readyz(adminUrl),
  };
  const { ready } = command;
  return { name, zone, ports, after, stopRank: STOP_RANK[service], readyTimeoutMs: READY_TIMEOUT_MS, prepare: () => command, ready };
}

/** Asks a service whether it is ready; its answer says why not. */
async function readyz(url: string): Promise<Verdict> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    if (answer.ok) return true;
    const { reasons } = (await answer.json()) as { readonly reasons?: Readonly<Record<string, string>> };
    return Object.entries(reasons ?? {})
      .map(([name, why]) => `${name}: ${why}`)
      .join('; ');
  } catch {
    return 'no answer from its admin port';
  }
}

function common(parts: ClusterParts, service: ServiceName, name: string, zone: string): Record<string, string> {
  const pki = clusterCertificates(parts.folder.pki);
  return {
    TRENT_SERVICE_INSTANCE: name,
    TRENT_ZONE: zone,
    TRENT_TLS_CERT: pki.service(service).certificate,
    TRENT_TLS_KEY: pki.service(service).key,
    TRENT_TLS_CA: pki.internalCa,
    TRENT_ADMIN_LISTEN: `127.0.0.1:${portOf(parts.settings, `${name}.admin`)}`,
    TRENT_REGIONS: parts.settings.regions.join(','),
  };
}

function grpc(parts: ClusterParts, name: string): Record<string, string> {
  return { TRENT_GRPC_LISTEN: `127.0.0.1:${portOf(parts.settings, `${name}.grpc`)}` };
}

function nats(parts: ClusterParts, user: Exclude<ServiceName, 'key-store'>): Record<string, string> {
  return {
    TRENT_NATS_SERVERS: parts.nats.nodes.map(({ port }) => `127.0.0.1:${String(port)}`).join(','),
    TRENT_NATS_USER: user,
    TRENT_NATS_PASSWORD_FILE: natsSecret(parts.nats, user).file,
    TRENT_NATS_REPLICAS: String(parts.nats.nodes.length),
    TRENT_AUDIT_STREAMS: String(AUDIT_STREAMS),
  };
}

function postgres(parts: ClusterParts, role: PostgresRole): Record<string, string> {
  return { TRENT_POSTGRES_URL: postgresUrl(parts.postgres, role), TRENT_POSTGRES_PASSWORD_FILE: roleSecret(parts.postgres, role).file };
}

function token(place: TokenPlace): Record<string, string> {
  return {
    TRENT_PKCS11_MODULE: place.module,
    TRENT_PKCS11_TOKEN_LABEL: place.label,
    TRENT_PKCS11_PIN_FILE: place.pinFile,
    ...(place.parameters === undefined ? {} : { TRENT_PKCS11_PARAMETERS: place.parameters }),
    ...place.environment,
    // SoftHSM knows no OAEP with SHA-256; a development cluster is to import all the same.
    TRENT_ALLOW_SOFTWARE_IMPORT: 'true',
  };
}

function feeds(parts: ClusterParts): Record<string, string> {
  return { TRENT_KEY_METADATA_ENDPOINTS: endpoints(parts, 'key-metadata'), TRENT_POLICY_ENDPOINTS: endpoints(parts, 'policy') };
}

function keyStores({ settings }: ClusterParts): Record<string, string> {
  const name = keyStoreName(settings.zones);
  return { TRENT_KEY_STORE_ENDPOINTS: `${settings.zones[0] ?? 'a'}=127.0.0.1:${portOf(settings, `${name}.grpc`)}` };
}

function groups({ settings }: ClusterParts): Record<string, string> {
  return { TRENT_REGION_GROUPS: `${REGION_GROUP}=${settings.regions.join('+')}` };
}

function edge(parts: ClusterParts, zone: string): Record<string, string> {
  const { settings } = parts;
  const pki = clusterCertificates(parts.folder.pki);
  const listen = (kind: 'https' | 'grpc'): string =>
    `127.0.0.1:${portOf(settings, `shared.${kind}`)}+shared,127.0.0.1:${portOf(settings, `gateway-${zone}.${kind}`)}`;
  return {
    TRENT_HTTPS_LISTEN: listen('https'),
    TRENT_CLIENT_GRPC_LISTEN: listen('grpc'),
    TRENT_EDGE_TLS_CERT: pki.edge.certificate,
    TRENT_EDGE_TLS_KEY: pki.edge.key,
    TRENT_CLIENT_CA: pki.edgeCa,
    TRENT_POLICY_ENDPOINTS: endpoints(parts, 'policy'),
    TRENT_KEY_METADATA_ENDPOINTS: endpoints(parts, 'key-metadata'),
    TRENT_CRYPTO_WORKER_ENDPOINTS: workerEndpoints(parts),
    TRENT_AUDIT_INGEST_ENDPOINTS: endpoints(parts, 'audit-ingest'),
    TRENT_REDIS_URL: `redis://127.0.0.1:${portOf(settings, 'redis.redis')}/0`,
    TRENT_REDIS_PASSWORD_FILE: redisSecret(parts.folder).file,
  };
}

function endpoints({ settings }: ClusterParts, service: ServiceName): string {
  return settings.zones.map((zone) => `${zone}=127.0.0.1:${portOf(settings, `${service}-${zone}.grpc`)}`).join(',');
}

function workerEndpoints({ settings }: ClusterParts): string {
  const { zones, regions } = settings;
  return regions
    .flatMap((region) =>
      zones.map((zone) => `${region}/${zone}=127.0.0.1:${portOf(settings, `${workerName(regions, region, zone)}.grpc`)}`),
    )
    .join(',');
}

/** The port of this name, as text. @throws Error when the settings have none */
export function portOf(settings: ClusterSettings, name: string): string {
  const port = settings.ports[name];
  if (port === undefined) throw new Error(`no port is assigned to ${name}`);
  return String(port);
}
