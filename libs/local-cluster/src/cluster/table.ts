import { join } from 'node:path';
import { natsReady, prepareNats, type NatsNode, type NatsPlace } from '../backends/nats.ts';
import { postgresReady, prepareDatabase, preparePostgres, type PostgresPlace } from '../backends/postgres.ts';
import { prepareRedis, redisReady } from '../backends/redis.ts';
import { tokenPlace } from '../backends/hsm.ts';
import type { JoiningTokens } from './join-tokens.ts';
import type { Row } from './row.ts';
import { portOf, serviceRows, type ClusterParts } from './service-rows.ts';
import { AUDIT_STREAMS, type ClusterFolder, type ClusterSettings } from './settings.ts';

const BACKEND_READY_TIMEOUT_MS = 60_000;

/** Where the backends of a cluster are. */
export function clusterParts(folder: ClusterFolder, settings: ClusterSettings): ClusterParts {
  const number = (name: string): number => Number(portOf(settings, name));
  const postgres: PostgresPlace = {
    data: settings.postgresData,
    secrets: folder.secrets,
    port: number('postgres.sql'),
    logFile: folder.logFile('postgres'),
  };
  const nodes = settings.zones.map((zone): NatsNode => {
    const name = `nats-${zone}`;
    const ports = { port: number(`${name}.client`), monitorPort: number(`${name}.monitor`), clusterPort: number(`${name}.cluster`) };
    return { name, folder: join(folder.dir, name), logFile: folder.logFile(name), ...ports };
  });
  const nats: NatsPlace = { nodes, secrets: folder.secrets, streams: { regions: settings.regions, auditStreams: AUDIT_STREAMS } };
  return {
    folder,
    settings,
    postgres,
    nats,
    token: (worker) => tokenPlace(settings.hsm ?? 'softhsm', join(folder.tokens, worker), worker),
  };
}

/**
 * The cluster as a table: every process there is, in which zone, on which ports, after whom.
 * Backends start side by side, then all services side by side (they wait for each other by their own readiness).
 * @param tokens what the workers wait for; left out by who only looks at the table
 */
export function clusterTable(folder: ClusterFolder, settings: ClusterSettings, tokens?: JoiningTokens): Row[] {
  const parts = clusterParts(folder, settings);
  const backends = [postgresRow(parts), redisRow(parts), ...parts.nats.nodes.map((node) => natsRow(parts, node))];
  const names = backends.map(({ name }) => name);
  return [...backends, ...serviceRows(parts, names, tokens)];
}

function postgresRow({ postgres, settings }: ClusterParts): Row {
  return {
    name: 'postgres',
    zone: settings.zones[0] ?? 'a',
    ports: { sql: postgres.port },
    after: [],
    stopRank: 0,
    readyTimeoutMs: BACKEND_READY_TIMEOUT_MS,
    prepare: () => preparePostgres(postgres),
    ready: () => postgresReady(postgres),
    settle: () => prepareDatabase(postgres),
  };
}

function redisRow({ folder, settings }: ClusterParts): Row {
  const port = Number(portOf(settings, 'redis.redis'));
  const place = { folder: join(folder.dir, 'redis'), secrets: folder.secrets, port, logFile: folder.logFile('redis') };
  return {
    name: 'redis',
    zone: settings.zones[0] ?? 'a',
    ports: { redis: port },
    after: [],
    stopRank: 0,
    readyTimeoutMs: BACKEND_READY_TIMEOUT_MS,
    prepare: () => prepareRedis(place),
    ready: () => redisReady(place),
  };
}

function natsRow({ nats }: ClusterParts, node: NatsNode): Row {
  return {
    name: node.name,
    zone: node.name.slice('nats-'.length),
    ports: { client: node.port, monitor: node.monitorPort, cluster: node.clusterPort },
    after: [],
    stopRank: 0,
    readyTimeoutMs: BACKEND_READY_TIMEOUT_MS,
    prepare: () => prepareNats(nats, node),
    ready: () => natsReady(nats, node),
  };
}
