import type { Database } from '@trent/postgres';
import type { LeaseRow } from './barrier-state.ts';

const READ_PATIENCE_MS = 500;

const UPSERT = `insert into feed_leases as l (name, follower, applied) values ($1, $2, $3)
  on conflict (name, follower) do update set renewals = l.renewals + 1, applied = excluded.applied, renewed_at = clock_timestamp()`;
const READ = 'select name, follower, renewals, applied from feed_leases';
const REMOVE = `delete from feed_leases l using unnest($2::text[], $3::bigint[]) as dead (follower, renewals)
  where l.name = $1 and l.follower = dead.follower and l.renewals = dead.renewals`;

/** A reading of all leases of the schema, with the moments around it. */
export interface Reading {
  readonly rowsOf: (feed: string) => readonly LeaseRow[];
  readonly askedAtMs: number;
  readonly receivedAtMs: number;
}

/** The table of leases. */
export class Leases {
  readonly #db: Database;
  #running: Promise<Reading> | undefined;
  #next: Promise<Reading> | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Writes (and commits) a follower's lease. */
  async renew(feed: string, follower: string, applied: bigint, deadline: number): Promise<void> {
    await this.#db.query(UPSERT, [feed, follower, applied], { deadline, name: 'lease-renew' });
  }

  /** Removes leases that have not been renewed since they were read. */
  async remove(feed: string, rows: readonly LeaseRow[]): Promise<void> {
    await this.#db.query(REMOVE, [feed, rows.map(({ follower }) => follower), rows.map(({ renewals }) => renewals)]);
  }

  /** Reads all leases. INVARIANT: the reading begins after this call; calls that come while one runs share the one after it. */
  async read(): Promise<Reading> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      async () => this.#begin(),
      async () => this.#begin(),
    );
    return this.#next;
  }

  async #begin(): Promise<Reading> {
    this.#next = undefined;
    const reading = this.#readNow();
    this.#running = reading;
    const end = (): void => {
      if (this.#running === reading) this.#running = undefined;
    };
    reading.then(end, end);
    return reading;
  }

  async #readNow(): Promise<Reading> {
    const askedAtMs = performance.now();
    const { rows } = await this.#db.query<LeaseRow & { name: string }>(READ, [], {
      deadline: performance.now() + READ_PATIENCE_MS,
      name: 'lease-read',
    });
    const byFeed = Map.groupBy(rows, ({ name }) => name);
    return { rowsOf: (feed) => byFeed.get(feed) ?? [], askedAtMs, receivedAtMs: performance.now() };
  }
}
