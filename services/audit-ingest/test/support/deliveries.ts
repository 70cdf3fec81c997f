import { headers } from '@nats-io/nats-core';
import { AUDIT_HEADERS, messageBody } from '@trent/audit-record';
import { readMessage, type AuditMessage, type Delivery } from '../../src/ingest/read-message.ts';

/** What a test says of a message, and what became of it. */
export interface TestDelivery {
  readonly message: AuditMessage;
  readonly fate: ('ack' | 'working' | 'term')[];
}

/** A message as it comes from JetStream. */
export function aDelivery(given: {
  readonly publisher?: string;
  readonly batch?: number | string;
  readonly body: string | readonly string[];
  readonly stream?: string;
  readonly sequence?: number;
  readonly storedAtUs?: number;
}): TestDelivery {
  const fate: TestDelivery['fate'] = [];
  const fields = headers();
  if (given.publisher !== '') fields.set(AUDIT_HEADERS.publisher, given.publisher ?? 'p');
  fields.set(AUDIT_HEADERS.batch, String(given.batch ?? 1));
  const body = typeof given.body === 'string' ? given.body : messageBody(given.body);
  const delivery = {
    data: Buffer.from(body),
    headers: fields,
    seq: given.sequence ?? 1,
    info: { stream: given.stream ?? 'AUDIT_us-east-1_0', timestampNanos: (given.storedAtUs ?? Date.now() * 1000) * 1000 },
    ack: () => fate.push('ack'),
    working: () => fate.push('working'),
    term: () => fate.push('term'),
  };
  return { message: readMessage(delivery as unknown as Delivery), fate };
}
