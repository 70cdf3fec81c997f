import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { auditStream, auditSubject, openAuditPublisher, type AuditPublisher, type AuditPublisherEvent } from '../src/index.ts';
import { startNats, waitUntil, type TestNats } from '@trent/local-cluster';

/** Real backends on a machine that may be busy. */
jest.setTimeout(30_000);

const REGION = 'us-east-1';
const within = (ms: number): number => performance.now() + ms;

async function natsAs(nats: TestNats, user: 'gateway' | 'audit-ingest'): Promise<NatsConnection> {
  const { password } = nats.as(user);
  return connect({
    servers: [...nats.servers],
    user,
    pass: password,
    inboxPrefix: `_INBOX.${user}`,
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
  });
}

function aPublisher(nats: NatsConnection, publisher: string, zone = 'c', events: AuditPublisherEvent[] = []): AuditPublisher {
  return openAuditPublisher({
    nats,
    natsUser: 'gateway',
    regions: [REGION],
    streams: 3,
    zone,
    publisher,
    onEvent: (event) => events.push(event),
  });
}

async function addStreams(manager: JetStreamManager, replicas: number, firstHolds = -1): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await manager.streams.add({
      name: auditStream(REGION, i),
      subjects: [auditSubject(REGION, i)],
      num_replicas: replicas,
      discard: 'new',
      max_msgs: i === 0 ? firstHolds : -1,
    });
  }
}

async function stored(manager: JetStreamManager, i: number): Promise<number> {
  return (await manager.streams.info(auditStream(REGION, i))).state.messages;
}

describe('on one server', () => {
  let nats: TestNats;
  let gateway: NatsConnection;
  let ingest: NatsConnection;
  let manager: JetStreamManager;
  beforeAll(async () => {
    nats = await startNats();
    ingest = await natsAs(nats, 'audit-ingest');
    gateway = await natsAs(nats, 'gateway');
    manager = await jetstreamManager(ingest);
    await addStreams(manager, 1, 1);
  }, 30_000);
  afterAll(async () => {
    await gateway.close();
    await ingest.close();
    await nats[Symbol.asyncDispose]();
  });

  test('a turn of records is one message with publisher, number and message id', async () => {
    const publisher = aPublisher(gateway, 'p1');
    await Promise.all(['{"n":1}', '{"n":2}', '{"n":3}'].map((record) => publisher.publish(REGION, record, within(2000))));
    await manager.consumers.add(auditStream(REGION, 0), { durable_name: 'reader', ack_policy: 'none' });
    const message = await (await jetstream(ingest).consumers.get(auditStream(REGION, 0), 'reader')).next();
    expect(message?.json()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(message?.headers?.get('Trent-Publisher')).toBe('p1');
    expect(message?.headers?.get('Trent-Batch')).toBe('1');
    expect(message?.headers?.get('Nats-Msg-Id')).toBe('p1:1');
    await publisher.close();
  });

  test('a full stream denies, and the record goes to the next one', async () => {
    const events: AuditPublisherEvent[] = [];
    const publisher = aPublisher(gateway, 'p2', 'c', events);
    const before = await stored(manager, 1);
    await publisher.publish(REGION, '{}', within(2000));
    expect(await stored(manager, 0)).toBe(1);
    expect(await stored(manager, 1)).toBe(before + 1);
    expect(events).toEqual([{ name: 'diverted', region: REGION, stream: 0, why: 'maximum messages exceeded' }]);
    await publisher.close();
  });

  test('closing waits for what is under way and takes no more', async () => {
    const publisher = aPublisher(gateway, 'p3', 'b');
    const last = publisher.publish(REGION, '{}', within(2000));
    await publisher.close();
    await last;
    await expect(publisher.publish(REGION, '{}', within(2000))).rejects.toMatchObject({ code: 'KMSInternalException' });
  });

  test('a region of another deployment and a record beyond bounds are refused', async () => {
    const publisher = aPublisher(gateway, 'p4');
    await expect(publisher.publish('mars-1', '{}', within(1000))).rejects.toMatchObject({ code: 'KMSInternalException' });
    await expect(publisher.publish(REGION, 'x'.repeat(300_001), within(1000))).rejects.toMatchObject({ code: 'KMSInternalException' });
    await publisher.close();
  });

  test('with all of NATS down a record fails at its deadline; one that can wait is stored after the restart, and the gap is closed', async () => {
    const publisher = aPublisher(gateway, 'p5', 'b');
    const [server] = nats.processes;
    await server?.kill();
    await expect(publisher.publish(REGION, '{"lost":1}', within(200))).rejects.toMatchObject({ code: 'KMSInternalException' });
    const patient = publisher.publish(REGION, '{"kept":1}', within(20_000));
    await server?.start();
    await patient;
    await waitUntil('the void of batch 1', 5000, () => publisher.state()[REGION]?.['stored_messages'] === 2 || 'not yet');
    await publisher.close();
  }, 30_000);
});

test('P4: three servers, one stops answering: its stream’s records are stored by the next stream', async () => {
  await using nats = await startNats(3);
  const ingest = await natsAs(nats, 'audit-ingest');
  const gateway = await natsAs(nats, 'gateway');
  const manager = await jetstreamManager(ingest);
  await addStreams(manager, 3);
  const events: AuditPublisherEvent[] = [];
  const publisher = aPublisher(gateway, 'p6', 'c', events);
  await publisher.publish(REGION, '{}', within(5000));
  const leader = (await manager.streams.info(auditStream(REGION, 0))).cluster?.leader;
  await nats.processes.find(({ command }) => command.name === leader)?.kill();
  for (let i = 0; i < 50; i++) await publisher.publish(REGION, `{"i":${i}}`, within(10_000));
  await publisher.close();
  expect(publisher.state()[REGION]).toMatchObject({ stored_records: 51, queued_records: 0, in_flight_records: 0 });
  await gateway.close();
  await ingest.close();
}, 90_000);
