/** What the tests' processes share: a service with one table of items, whose versions followers hold in view. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createMetrics, silentLogger } from '@trent/bootstrap';
import { migrate, openDatabase, type Database } from '@trent/postgres';
import { changeTablesSql, openWriter, type ChangeOptions, type ChangeWork, type ChangeWriter } from '../../src/index.ts';

export const SCHEMA = 'key_metadata';
export const REGION = 'us-east-1';
export const FEED = `keys.${REGION}`;
export const AUDIT_STREAMS = 3;

/** How to reach a NATS server as one user. */
export interface NatsAccess {
  readonly server: string;
  readonly user: string;
  readonly password: string;
}

/** How to reach Postgres as the owner of the schema. */
export interface PostgresAccess {
  readonly url: string;
  readonly passwordFile: string;
}

/** Everything that a process of these tests is told. */
export interface Settings {
  readonly postgres: PostgresAccess;
  readonly nats: NatsAccess;
  /** Ports of the writers' FeedService. */
  readonly writers: readonly number[];
  readonly name: string;
}

export async function migrateItems(postgres: PostgresAccess): Promise<void> {
  const include = [{ name: '0002_change', sql: changeTablesSql }];
  await migrate({ ...postgres, schema: SCHEMA, dir: join(import.meta.dirname, '../migrations'), include });
}

export function openItems(postgres: PostgresAccess, applicationName = 'test'): Database {
  return openDatabase({ ...postgres, schema: SCHEMA, applicationName });
}

export async function connectTo(access: NatsAccess): Promise<NatsConnection> {
  return connect({
    servers: access.server,
    user: access.user,
    pass: access.password,
    inboxPrefix: `_INBOX.${access.user}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
  });
}

export async function openItemWriter(db: Database, nats: NatsConnection, startedAtMs?: number): Promise<ChangeWriter> {
  return openWriter({
    db,
    schema: SCHEMA,
    feeds: [FEED],
    nats,
    jetstream: jetstream(nats),
    auditSubject: (region, attempt) => `trent.audit.${region}.${String(attempt % AUDIT_STREAMS)}`,
    log: silentLogger(),
    metrics: createMetrics({ process: false }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
  });
}

/** The change of these tests: an item gets its next version, which is the answer. */
export function raise(id: string, options: { barrier?: boolean; record?: string } = {}): ChangeWork {
  return async (tx) => {
    const { rows } = await tx.query<{ version: bigint }>(
      'insert into items as i (id) values ($1) on conflict (id) do update set version = i.version + 1 returning version',
      [id],
      { name: 'item-raise' },
    );
    const version = rows[0]?.version ?? 0n;
    return {
      answer: Buffer.from(String(version)),
      changes: [{ feed: FEED, kind: 'item', id, version, barrier: options.barrier ?? true }],
      audit: [{ region: REGION, record: JSON.stringify({ eventID: options.record ?? `${id}:${String(version)}` }) }],
    };
  };
}

/** Options of a call that may be repeated. */
export function repeatable(token: string, deadlineMs = 8_000): ChangeOptions {
  const inputDigest = createHash('sha256').update(token).digest();
  return {
    idempotency: { principal: 'arn:aws:iam::111111111111:root', operation: 'test.Raise', token, inputDigest },
    deadline: performance.now() + deadlineMs,
  };
}
