import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { bind, connectNats, runService, startGrpcServer, unary, type ServiceRuntime } from '@trent/bootstrap';
import { invoke } from '@trent/contracts';
import { migrate, openDatabase, type Database } from '@trent/postgres';
import { readAuditIngestConfig, type AuditIngestConfig } from './config.ts';
import { auditEvents } from './events.ts';
import { startIngest } from './ingest/start-ingest.ts';
import type { IngestFigures } from './ingest/ingest-figures.ts';
import type { LookupParts } from './lookup/lookup-events.ts';
import { tokenKey } from './lookup/token-key.ts';
import { invokeOperation } from './operations.ts';
import { watchGaps } from './reconcile/watch-gaps.ts';
import { repeat } from './repeat.ts';
import { maintainPartitions } from './retention/partitions.ts';

const SCHEMA = 'audit';
const GAPS_EVERY_MS = 30_000;
const PARTITIONS_EVERY_MS = 3_600_000;

const config = readAuditIngestConfig();
await runService('audit-ingest', config, (rt) => start(rt, config));

async function start(rt: ServiceRuntime, config: AuditIngestConfig): Promise<void> {
  const nats = await connectNats(config, rt);
  const connection = { url: config.postgresUrl, passwordFile: config.postgresPasswordFile, schema: SCHEMA };
  await migrate({ ...connection, dir: join(import.meta.dirname, '../migrations') });
  const db = openDatabase({ ...connection, pool: config.postgresPool, applicationName: rt.instance });
  rt.onDrain('postgres', () => db.close());
  rt.debugState('postgres', () => db.state());

  await keepPartitions(rt, db, config.auditRetentionDays);
  const figures = await startIngest(rt, nats, db, {
    regions: config.regions,
    streams: config.auditStreams,
    replicas: config.natsReplicas,
    maxBytes: config.auditStreamBytes,
  });
  reconcile(rt, db, figures);

  const parts: LookupParts = { db, tokenKey: await tokenKey(db, randomBytes(32)), epochMs: Date.now, now: () => performance.now() };
  await startGrpcServer(rt, {
    listen: [config.grpcListen],
    bindings: [bind(invoke.InvokeServiceService, { invoke: unary((request, call) => invokeOperation(parts, request, call)) })],
  });
}

/** Makes the partitions that are needed now before anything is stored, and those of the coming days from time to time. */
async function keepPartitions(rt: ServiceRuntime, db: Database, retentionDays: number | undefined): Promise<void> {
  const maintain = async (): Promise<void> => {
    const { created, dropped } = await maintainPartitions(db, retentionDays);
    for (const partition of created) rt.log.info(auditEvents.partitionCreated, { partition });
    for (const partition of dropped) rt.log.info(auditEvents.partitionDropped, { partition });
  };
  await maintain();
  void repeat(PARTITIONS_EVERY_MS, rt.signal, maintain, (error) => rt.log.error(auditEvents.partitionsFailed, {}, error));
}

function reconcile(rt: ServiceRuntime, db: Database, figures: IngestFigures): void {
  const known = new Map<string, string>();
  const work = (): Promise<void> => watchGaps(db, figures, rt.log, known);
  void repeat(GAPS_EVERY_MS, rt.signal, work, (error) => rt.log.warn(auditEvents.reconcileFailed, {}, error));
}
