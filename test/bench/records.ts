import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { ClusterAccess } from '../load/cluster-access.ts';

const DRAIN_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 200;

/** Counts audit records in Postgres, as their owner. */
export class RecordCounter implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #accountId: string;
  /** The server's process for this connection: its work is the bench's, not the cluster's. */
  readonly backendPid: number;

  private constructor(client: pg.Client, accountId: string, backendPid: number) {
    this.#client = client;
    this.#accountId = accountId;
    this.backendPid = backendPid;
  }

  static async open({ folder, settings, accountId }: ClusterAccess): Promise<RecordCounter> {
    const password = readFileSync(join(folder.secrets, 'postgres-audit'), 'utf8').trimEnd();
    const client = new pg.Client({
      host: '127.0.0.1',
      port: settings.ports['postgres.sql'] ?? 0,
      user: 'audit',
      password,
      database: 'trent',
    });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return new RecordCounter(client, accountId, rows[0]?.pid ?? 0);
  }

  /** Records of the account, of these events and without an error, that JetStream took at `fromMs` or later, by the machine's one clock. */
  async since(fromMs: number, eventNames: readonly string[]): Promise<number> {
    const { rows } = await this.#client.query<{ count: string }>(
      `select count(*) from records where account_id = $1 and event_time >= to_timestamp(floor($2::float8 / 1000))
       and arrival >= $2::float8 * 1000 and event_name = any($3) and record not like '%"errorCode"%'`,
      [this.#accountId, fromMs, eventNames],
    );
    return Number(rows[0]?.count ?? 0);
  }

  /** Waits until so many have arrived, or no more come. @returns how many there are */
  async until(count: number, fromMs: number, eventName: string): Promise<number> {
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    for (;;) {
      const seen = await this.since(fromMs, [eventName]);
      if (seen >= count || performance.now() > deadline) return seen;
      await delay(LOOK_EVERY_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
