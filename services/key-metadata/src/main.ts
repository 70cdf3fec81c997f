import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { auditSubject } from '@trent/audit-record';
import {
  bind,
  clientCredentials,
  connectNats,
  endpointsOf,
  groupOf,
  loadConfig,
  runService,
  startGrpcServer,
  unary,
  type ServiceRuntime,
} from '@trent/bootstrap';
import { execute, feed, invoke, metadata } from '@trent/contracts';
import { fail } from '@trent/errors';
import { openUnaryLink, type UnaryLink } from '@trent/grpc-link';
import { newEventId, pooledRandom } from '@trent/identifiers';
import { changeTablesSql, openWriter } from '@trent/outbox';
import { migrate, openDatabase, type Database } from '@trent/postgres';
import { keyMetadataConfig, type KeyMetadataConfig } from './config.ts';
import { loadKeyStore } from './key-stores/describe.ts';
import { openKeyStores } from './key-stores/key-stores.ts';
import type { Deps } from './operations/call.ts';
import { invokeOperation } from './operations/index.ts';
import { makeManagedKey } from './operations/managed-keys.ts';
import { markersWith } from './operations/marker.ts';
import { freshMaterialOf } from './operations/materials.ts';
import { loadGrants } from './store/grant-views.ts';
import { KeyQuota } from './store/key-quota.ts';
import { keepKeyUsage, unusedSince } from './store/key-usage.ts';
import { loadKeyViews } from './store/key-views.ts';
import { openTokenStream } from './store/token-stream.ts';
import { Sweeper } from './timers/sweep.ts';

const SCHEMA = 'key_metadata';
/** For a backing key of an automatic rotation, from an HSM that nobody waits for. */
const MATERIAL_MS = 10_000;

const config = loadConfig(keyMetadataConfig, process.env, process.argv);
await runService('key-metadata', config, (rt) => start(rt, config));

async function start(rt: ServiceRuntime, config: KeyMetadataConfig): Promise<void> {
  const nats = await connectNats(config, rt);
  const connection = { url: config.postgresUrl, passwordFile: config.postgresPasswordFile, schema: SCHEMA };
  await migrate({
    ...connection,
    dir: join(import.meta.dirname, '../migrations'),
    include: [{ name: '0002_change', sql: changeTablesSql }],
  });
  const db = openDatabase({ ...connection, pool: config.postgresPool, applicationName: rt.instance });
  rt.onDrain('postgres', () => db.close());
  const writer = await openWriter({
    db,
    schema: SCHEMA,
    feeds: config.regions.map((region) => `keys.${region}`),
    nats,
    jetstream: jetstream(nats),
    auditSubject: (region, attempt) => auditSubject(region, attempt % config.auditStreams),
    log: rt.log,
    metrics: rt.metrics,
  });
  rt.onDrain('writer', () => writer.close());
  const tokens = await openTokenStream(nats, config.regions, config.natsReplicas);
  const random = pooledRandom(randomFillSync);
  const workersOf = openWorkers(rt, config);
  const keyStores = openKeyStores(rt, { endpoints: config.keyStoreEndpoints, zone: config.zone, db, workersOf });
  const deps: Deps = {
    db,
    writer,
    markers: markersWith(await readSharedKey(db, 'marker_key')),
    grantTokenKey: await readSharedKey(db, 'grant_token_key'),
    ...materialsOf(workersOf),
    keyStores,
    keepToken: (region, keyId, materialId, token, deadline) => tokens.keep(region, keyId, materialId, token, deadline),
    regions: { served: config.regions, groupOf: (region) => groupOf(config, region) },
    keyQuota: new KeyQuota(config.maxKeys, () => performance.now()),
    newEventId: () => newEventId(random),
    now: Date.now,
  };
  const sweeper = new Sweeper({
    db,
    writer,
    log: rt.log,
    newEventId: deps.newEventId,
    freshMaterial: (key) => freshMaterialOf(deps, key, performance.now() + MATERIAL_MS),
    monotonicMs: () => performance.now(),
    forgetTokens: (region, keyId, materialId) => tokens.forget(region, keyId, materialId),
    deleteStoreKey: (storeId, objectId) => keyStores.processes.deleteKey(storeId, objectId, performance.now() + MATERIAL_MS),
  });
  rt.onDrain('sweeper', () => sweeper.close());
  rt.debugState('sweeper', () => sweeper.state);
  rt.debugState('postgres', () => db.state());
  await startGrpcServer(rt, {
    listen: [config.grpcListen],
    bindings: [
      bind(invoke.InvokeServiceService, { invoke: unary((request, call) => invokeOperation(deps, request, call.deadline)) }),
      bind(metadata.KeyViewServiceService, {
        loadKeyViews: unary(async ({ queries }, call) => ({ answers: await loadKeyViews(db, queries, call.deadline) })),
        loadGrants: unary((request, call) => loadGrants(db, request, call.deadline)),
        getUnusedSince: unary(async ({ region, keyId }, call) => ({
          sinceMs: BigInt(await unusedSince(db, region, keyId, call.deadline)),
        })),
        makeManagedKey: unary(async (request, call) => {
          await makeManagedKey(deps, request, call.deadline);
          return {};
        }),
        getGrantTokenKey: unary(() => ({ key: deps.grantTokenKey })),
      }),
      bind(metadata.KeyUsageServiceService, {
        reportKeyUsage: unary(async ({ uses }, call) => {
          await keepKeyUsage(db, uses, call.deadline);
          return {};
        }),
      }),
      bind(metadata.KeyStoreServiceService, { loadKeyStore: unary((request) => loadKeyStore(deps, request)) }),
      bind(feed.FeedServiceService, { renew: unary((request) => writer.renew(request)) }),
    ],
  });
}

/** The crypto workers, by region. */
function openWorkers(rt: ServiceRuntime, config: KeyMetadataConfig): (region: string) => UnaryLink {
  const credentials = clientCredentials(rt.tls, 'crypto-worker');
  const links = new Map(
    config.regions.map((region) => [
      region,
      openUnaryLink({
        name: `crypto-worker/${region}`,
        endpoints: endpointsOf(config.cryptoWorkerEndpoints, region),
        zone: config.zone,
        credentials,
        runtime: rt,
      }),
    ]),
  );
  return (region) => links.get(region) ?? fail('KMSInternalException');
}

function materialsOf(
  linkOf: (region: string) => UnaryLink,
): Pick<Deps, 'generateMaterial' | 'checkMaterial' | 'makeImportParameters' | 'importMaterial'> {
  const { generateMaterial, checkMaterial, makeImportParameters, importMaterial } = execute.MaterialServiceService;
  // Safe to repeat: a backing or wrapping key that is made twice is one too many in no store, and was answered to nobody.
  return {
    generateMaterial: (request, deadline) =>
      linkOf(request.region).call(generateMaterial, execute.GenerateMaterialRequest.create(request), { deadline, repeat: 'safe' }),
    checkMaterial: async (request, deadline) => {
      await linkOf(request.region).call(checkMaterial, request, { deadline, repeat: 'safe' });
    },
    makeImportParameters: (request, deadline) => linkOf(request.region).call(makeImportParameters, request, { deadline, repeat: 'safe' }),
    importMaterial: (request, deadline) => linkOf(request.region).call(importMaterial, request, { deadline, repeat: 'safe' }),
  };
}

/** A key that all replicas share, made with its table. */
async function readSharedKey(db: Database, table: 'marker_key' | 'grant_token_key'): Promise<Buffer> {
  const { rows } = await db.query<{ key: Buffer }>(`select key from ${table}`);
  return rows[0]?.key ?? fail('KMSInternalException');
}
