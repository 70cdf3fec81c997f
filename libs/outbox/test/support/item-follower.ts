/** A replica that caches items under a lease, as a process: reads come by IPC. Started by `fork` with its Settings as the only argument. */
import { credentials, Metadata } from '@grpc/grpc-js';
import { silentLogger } from '@trent/bootstrap';
import { feed } from '@trent/contracts';
import { followFeed, LoadsInFlight, type RenewRequest, type RenewResponse } from '@trent/feed';
import { connectTo, FEED, openItems, type Settings } from './item-service.ts';

/** `version` of an item as this replica sees it, or `closed` when it may not use what it holds. */
export interface FollowerReply {
  readonly n: number;
  readonly version?: string;
  readonly closed?: true;
}

const settings = JSON.parse(process.argv[2] ?? '') as Settings;
const db = openItems(settings.postgres, settings.name);
const nats = await connectTo(settings.nats);
const clients = new Map(
  settings.writers.map((port) => [port, new feed.FeedServiceClient(`127.0.0.1:${String(port)}`, credentials.createInsecure())]),
);
const cache = new Map<string, bigint>();
const loads = new LoadsInFlight<bigint>();
let turn = 0;
let hits = 0;

const follower = followFeed<number>({
  name: FEED,
  follower: settings.name,
  nats,
  log: silentLogger(),
  writers: () => settings.writers,
  renew,
  apply: (changes) => {
    for (const { id } of changes) {
      cache.delete(id);
      loads.overtake(id);
    }
  },
  onReset: () => {
    cache.clear();
    loads.overtakeAll();
  },
});

process.on('message', (order: { n: number; id?: string; state?: true }) => {
  if (order.id !== undefined) void read(order.n, order.id);
  else
    process.send?.({
      n: order.n,
      state: { live: follower.isLive(), applied: String(follower.applied()), lapses: follower.state().lapses, hits },
    });
});
process.on('disconnect', () => process.exit(0));
await follower.ready();
process.send?.({ ready: true });

async function read(n: number, id: string): Promise<void> {
  try {
    const cached = cache.get(id);
    if (cached !== undefined) hits += 1;
    const version =
      cached ??
      (await loads.load(
        id,
        async () => loadItem(id),
        (loaded) => cache.set(id, loaded),
      ));
    // The lease is checked after the value is at hand, as late as can be.
    process.send?.(follower.isLive() ? { n, version: String(version) } : { n, closed: true });
  } catch {
    process.send?.({ n, closed: true });
  }
}

async function loadItem(id: string): Promise<bigint> {
  const { rows } = await db.query<{ version: bigint }>('select version from items where id = $1', [id], {
    deadline: performance.now() + 2_000,
  });
  return rows[0]?.version ?? 0n;
}

async function renew(request: RenewRequest, writer: number | undefined, deadline: number): Promise<RenewResponse> {
  const port = writer ?? settings.writers[turn++ % settings.writers.length];
  const client = clients.get(port ?? 0);
  if (client === undefined) throw new Error('no writer');
  return new Promise((resolve, reject) => {
    client.renew(request, new Metadata(), { deadline: Date.now() + (deadline - performance.now()) }, (error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}
