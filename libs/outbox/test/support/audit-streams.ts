import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { AUDIT_HEADERS, auditStream, auditSubject, readMessageBody } from '@trent/audit-record';
import { AUDIT_STREAMS, REGION } from './item-service.ts';

/** One message of the audit streams. */
export interface AuditMessage {
  readonly publisher: string;
  readonly batch: string;
  readonly records: readonly { readonly eventID: string }[];
}

/** Streams as audit-ingest makes them, as far as the relay can tell. */
export async function makeAuditStreams(nats: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(nats);
  for (let i = 0; i < AUDIT_STREAMS; i++) {
    await manager.streams.add({ name: auditStream(REGION, i), subjects: [auditSubject(REGION, i)], retention: RetentionPolicy.Workqueue });
  }
}

/** Takes out everything that is in the streams; a message that two streams hold comes twice. */
export async function recordsIn(nats: NatsConnection): Promise<AuditMessage[]> {
  const manager = await jetstreamManager(nats);
  const messages: AuditMessage[] = [];
  for (let i = 0; i < AUDIT_STREAMS; i++) {
    const stream = auditStream(REGION, i);
    const { consumers } = manager.jetstream();
    await manager.consumers.add(stream, { durable_name: 'ingest', ack_policy: 'explicit' });
    const consumer = await consumers.get(stream, 'ingest');
    const info = await manager.streams.info(stream);
    if (info.state.messages === 0) continue;
    for await (const message of await consumer.fetch({ max_messages: info.state.messages, expires: 2_000 })) {
      message.ack();
      messages.push({
        publisher: message.headers?.get(AUDIT_HEADERS.publisher) ?? '',
        batch: message.headers?.get(AUDIT_HEADERS.batch) ?? '',
        records: (readMessageBody(message.string()) ?? []).map((record) => JSON.parse(record) as { eventID: string }),
      });
    }
  }
  await nats.flush();
  return messages;
}

/** Leaves the streams empty. */
export async function clearAuditStreams(nats: NatsConnection): Promise<void> {
  await recordsIn(nats);
}
