import type { NatsConnection } from '@nats-io/transport-node';
import { freePorts, startNats, startPostgres, waitUntil, type TestNats, type TestPostgres } from '@trent/local-cluster';
import type { Database } from '@trent/postgres';
import { makeAuditStreams } from './audit-streams.ts';
import { Child, type Reply } from './child.ts';
import { connectTo, migrateItems, openItems } from './item-service.ts';
import { Valve } from './valve.ts';

/** Postgres, NATS, and as many writers and followers as asked for, each a process; some reach NATS through a valve. */
export class ItemCluster implements AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly nats: TestNats;
  readonly db: Database;
  readonly auditor: NatsConnection;
  readonly valve: Valve;
  readonly ports: readonly number[];
  readonly #valvePort: number;
  readonly #children = new Set<Child>();

  private constructor(parts: Pick<ItemCluster, 'postgres' | 'nats' | 'db' | 'auditor' | 'valve' | 'ports'> & { valvePort: number }) {
    this.postgres = parts.postgres;
    this.nats = parts.nats;
    this.db = parts.db;
    this.auditor = parts.auditor;
    this.valve = parts.valve;
    this.ports = parts.ports;
    this.#valvePort = parts.valvePort;
  }

  static async start(writers: number): Promise<ItemCluster> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    await migrateItems(postgres.as('key_metadata'));
    const auditor = await connectTo({ server: nats.servers[0] ?? '', ...nats.as('audit-ingest') });
    await makeAuditStreams(auditor);
    const valve = new Valve(Number(nats.servers[0]?.split(':')[1]));
    const valvePort = await valve.listen();
    return new ItemCluster({
      postgres,
      nats,
      db: openItems(postgres.as('key_metadata')),
      auditor,
      valve,
      valvePort,
      ports: await freePorts(writers),
    });
  }

  async writer(index: number, options: { readonly throughValve?: boolean } = {}): Promise<Child> {
    const access = { server: this.#server(options), ...this.nats.as('key-metadata') };
    const settings = { postgres: this.postgres.as('key_metadata'), nats: access, port: this.ports[index], name: `writer-${String(index)}` };
    return this.#start(new Child('item-writer', settings));
  }

  async follower(name: string, options: { readonly throughValve?: boolean } = {}): Promise<Child> {
    const access = { server: this.#server(options), ...this.nats.as('policy') };
    return this.#start(new Child('item-follower', { postgres: this.postgres.as('key_metadata'), nats: access, writers: this.ports, name }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children].map(async (child) => child.kill()));
    await Promise.all([this.auditor.close(), this.db.close(), this.valve[Symbol.asyncDispose]()]);
    await Promise.all([this.postgres[Symbol.asyncDispose](), this.nats[Symbol.asyncDispose]()]);
  }

  #server(options: { readonly throughValve?: boolean }): string {
    return options.throughValve === true ? `127.0.0.1:${String(this.#valvePort)}` : (this.nats.servers[0] ?? '');
  }

  async #start(child: Child): Promise<Child> {
    this.#children.add(child);
    return child.ready();
  }
}

/** What a follower says of itself. */
export async function stateOf(follower: Child): Promise<NonNullable<Reply['state']>> {
  const { state } = await follower.order({ state: true });
  if (state === undefined) throw new Error('no state');
  return state;
}

/** Waits until a follower is live, or is not. */
export async function untilLive(follower: Child, live = true): Promise<void> {
  await waitUntil(
    live ? 'the follower is live' : 'the lease has run out',
    15_000,
    async () => (await stateOf(follower)).live === live || 'not yet',
  );
}
