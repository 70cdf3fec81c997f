import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import pg from 'pg';
import { makeSoftHsmToken, startBackends, startNats, type NatsUser, type TestBackends, type TestNats } from '../src/index.ts';

/** pg lets a connection string without a password override the password option, so it is put into the string. */
function postgresAs({ url }: { readonly url: string }, password: string): pg.Client {
  const withPassword = new URL(url);
  withPassword.password = password;
  return new pg.Client({ connectionString: withPassword.href });
}

async function natsAs(nats: TestNats, user: NatsUser): ReturnType<typeof connect> {
  const { password } = nats.as(user);
  return connect({ servers: [...nats.servers], user, pass: password, inboxPrefix: `_INBOX.${user}` });
}

describe('one set of backends', () => {
  let backends: TestBackends;
  beforeAll(async () => {
    backends = await startBackends();
  });
  afterAll(async () => {
    await backends[Symbol.asyncDispose]();
  });

  test('a Postgres role owns its own schema and is refused in another', async () => {
    const access = backends.postgres.as('policy');
    const client = postgresAs(access, access.password);
    await client.connect();
    await client.query('create table mine (id int)');
    await expect(client.query('create table key_metadata.theirs (id int)')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('create table public.everyones (id int)')).rejects.toMatchObject({ code: '42501' });
    await client.end();
    expect(await backends.postgres.query("select schemaname from pg_tables where tablename = 'mine'")).toEqual([{ schemaname: 'policy' }]);
  });

  test('Postgres keeps what was committed through a kill -9 and refuses a wrong password', async () => {
    await backends.postgres.query('create table kept (id int)');
    await backends.postgres.process.kill();
    await backends.postgres.process.start();
    expect(await backends.postgres.query('select count(*)::int as n from kept')).toEqual([{ n: 0 }]);
    await expect(postgresAs(backends.postgres.as('policy'), 'wrong').connect()).rejects.toMatchObject({ code: '28P01' });
  });

  test('audit-ingest makes and reads an audit stream; the gateway publishes to it and may do nothing else', async () => {
    const ingest = await natsAs(backends.nats, 'audit-ingest');
    const manager = await jetstreamManager(ingest);
    await manager.streams.add({ name: 'AUDIT_us-east-1_0', subjects: ['trent.audit.us-east-1.0'] });
    await manager.consumers.add('AUDIT_us-east-1_0', { durable_name: 'ingest', ack_policy: 'explicit' });
    const gateway = await natsAs(backends.nats, 'gateway');
    await expect(jetstream(gateway).publish('trent.audit.us-east-1.0', '[]')).resolves.toMatchObject({ seq: 1 });
    await expect(jetstreamManager(gateway)).rejects.toThrow(/permission/i);
    const consumer = await jetstream(ingest).consumers.get('AUDIT_us-east-1_0', 'ingest');
    const message = await consumer.next();
    expect(message?.string()).toBe('[]');
    expect(await message?.ackAck()).toBe(true);
    await gateway.close();
    await ingest.close();
  });

  test('Redis wants its password and keeps a counter', async () => {
    const client = new Redis(backends.redis.url, { password: backends.redis.password });
    expect(await client.incrby('quota', 5)).toBe(5);
    await client.quit();
  });

  test('what is disposed of leaves neither a process nor a folder', async () => {
    const token = await makeSoftHsmToken('shortlived');
    expect(existsSync(token.conf)).toBe(true);
    token[Symbol.dispose]();
    expect(existsSync(token.folder)).toBe(false);
    await using nats = await startNats();
    const [process] = nats.processes;
    const folder = dirname(process?.command.logFile ?? '/');
    await nats[Symbol.asyncDispose]();
    expect(process?.pid).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });
});

test('three NATS servers hold a stream on all three and keep it when one is killed', async () => {
  await using nats = await startNats(3);
  const ingest = await natsAs(nats, 'audit-ingest');
  const manager = await jetstreamManager(ingest);
  const stream = await manager.streams.add({ name: 'AUDIT_us-east-1_0', subjects: ['trent.audit.us-east-1.0'], num_replicas: 3 });
  expect(stream.cluster?.replicas).toHaveLength(2);
  await nats.processes.find(({ command }) => command.name !== stream.cluster?.leader)?.kill();
  const gateway = await natsAs(nats, 'gateway');
  await expect(jetstream(gateway).publish('trent.audit.us-east-1.0', '[]', { retries: 20 })).resolves.toMatchObject({ seq: 1 });
  await gateway.close();
  await ingest.close();
}, 60_000);
