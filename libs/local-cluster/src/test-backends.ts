import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsSecret, prepareNats, type NatsNode, type NatsPlace } from './backends/nats.ts';
import type { NatsUser } from './backends/nats-permissions.ts';
import { postgresUrl, prepareDatabase, preparePostgres, roleSecret, superuserClient, type PostgresRole } from './backends/postgres.ts';
import { prepareRedis, redisSecret } from './backends/redis.ts';
import { initialiseToken, prepareSoftHsm, type PreparedSoftHsm } from './backends/softhsm.ts';
import { freePort, freePorts } from './free-ports.ts';
import { fetchNatsServer } from './install/fetch-nats-server.ts';
import { ManagedProcess } from './managed-process.ts';
import type { Secret } from './secrets-folder.ts';

/** How to reach Postgres as one role: what the `postgresConfig` variables say. */
export interface PostgresAccess {
  readonly url: string;
  readonly passwordFile: string;
  readonly password: string;
}

/** A real Postgres of a test, with the database, roles and schemas of the cluster. */
export interface TestPostgres extends AsyncDisposable {
  readonly process: ManagedProcess;
  readonly port: number;
  as(role: PostgresRole): PostgresAccess;
  /** One statement as the superuser in database `trent`: arrange or look at what no role may. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A real NATS JetStream cluster of one or three servers. */
export interface TestNats extends AsyncDisposable {
  readonly processes: readonly ManagedProcess[];
  /** `host:port` of every server. */
  readonly servers: readonly string[];
  as(user: NatsUser): { readonly user: string; readonly password: string; readonly passwordFile: string };
}

/** A real Redis. */
export interface TestRedis extends AsyncDisposable {
  readonly process: ManagedProcess;
  /** `redis://127.0.0.1:port/0`, without the password. */
  readonly url: string;
  readonly password: string;
  readonly passwordFile: string;
}

/** An initialised, empty SoftHSM token in a folder of its own. */
export interface TestToken extends PreparedSoftHsm, Disposable {
  readonly folder: string;
}

/** Starts Postgres in a temporary folder; disposal stops it and removes the folder. */
export async function startPostgres(): Promise<TestPostgres> {
  await using undo = new AsyncDisposableStack();
  const folder = temporaryFolder(undo);
  const place = {
    data: join(folder, 'data'),
    secrets: join(folder, 'secrets'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
  };
  const process = undo.use(new ManagedProcess(await preparePostgres(place)));
  await process.start();
  await prepareDatabase(place);
  const life = undo.move();
  return {
    process,
    port: place.port,
    as: (role) => ({ url: postgresUrl(place, role), ...fields(roleSecret(place, role)) }),
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
      const client = await superuserClient(place, 'trent');
      try {
        return (await client.query<Row>(sql, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

/** Starts `count` NATS servers (1 or 3, as one cluster) for these regions; every user of the cluster has its real permissions. */
export async function startNats(count: 1 | 3 = 1, regions: readonly string[] = ['us-east-1'], auditStreams = 3): Promise<TestNats> {
  await fetchNatsServer();
  await using undo = new AsyncDisposableStack();
  const folder = temporaryFolder(undo);
  const ports = await freePorts(count * 3);
  const nodes = ['a', 'b', 'c'].slice(0, count).map((zone, i): NatsNode => {
    const [port = 0, monitorPort = 0, clusterPort = 0] = ports.slice(i * 3);
    return { name: `nats-${zone}`, folder: join(folder, zone), logFile: join(folder, `nats-${zone}.log`), port, monitorPort, clusterPort };
  });
  const place: NatsPlace = { nodes, secrets: join(folder, 'secrets'), streams: { regions, auditStreams } };
  const processes = nodes.map((node) => undo.use(new ManagedProcess(prepareNats(place, node))));
  await Promise.all(processes.map((process) => process.start()));
  const life = undo.move();
  return {
    processes,
    servers: nodes.map(({ port }) => `127.0.0.1:${String(port)}`),
    as: (user) => ({ user, ...fields(natsSecret(place, user)) }),
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

/** Starts Redis. */
export async function startRedis(): Promise<TestRedis> {
  await using undo = new AsyncDisposableStack();
  const folder = temporaryFolder(undo);
  const place = {
    folder: join(folder, 'data'),
    secrets: join(folder, 'secrets'),
    port: await freePort(),
    logFile: join(folder, 'redis.log'),
  };
  const process = undo.use(new ManagedProcess(prepareRedis(place)));
  await process.start();
  const life = undo.move();
  return {
    process,
    url: `redis://127.0.0.1:${String(place.port)}/0`,
    ...fields(redisSecret(place)),
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

/** Makes an initialised, empty SoftHSM token; disposal removes its folder. */
export async function makeSoftHsmToken(label = 'test'): Promise<TestToken> {
  using undo = new DisposableStack();
  const folder = temporaryFolder(undo);
  const place = prepareSoftHsm(folder, label);
  await initialiseToken(place);
  const life = undo.move();
  return { ...place, folder, [Symbol.dispose]: () => life.dispose() };
}

/** The backends that a service needs besides the HSM. */
export interface TestBackends extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly nats: TestNats;
  readonly redis: TestRedis;
}

/** Starts one set side by side (about a second): in `beforeAll`, disposed of in `afterAll`, shared by the tests of a file. */
export async function startBackends(options: { readonly nats?: 1 | 3; readonly regions?: readonly string[] } = {}): Promise<TestBackends> {
  await using undo = new AsyncDisposableStack();
  const started = await Promise.allSettled([startPostgres(), startNats(options.nats, options.regions), startRedis()]);
  for (const one of started) if (one.status === 'fulfilled') undo.use(one.value);
  const [postgres, nats, redis] = started;
  if (postgres.status === 'rejected') throw postgres.reason;
  if (nats.status === 'rejected') throw nats.reason;
  if (redis.status === 'rejected') throw redis.reason;
  const life = undo.move();
  return { postgres: postgres.value, nats: nats.value, redis: redis.value, [Symbol.asyncDispose]: () => life.disposeAsync() };
}

/** A folder of this test's own that other users may pass through (Postgres runs as another one). */
function temporaryFolder(undo: AsyncDisposableStack | DisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'trent-test-'));
  chmodSync(folder, 0o711);
  undo.defer(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  mkdirSync(join(folder, 'secrets'), { mode: 0o700 });
  return folder;
}

function fields(secret: Secret): { password: string; passwordFile: string } {
  return { password: secret.value, passwordFile: secret.file };
}
