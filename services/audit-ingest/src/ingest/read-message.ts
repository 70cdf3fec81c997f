import { AUDIT_HEADERS, readMessageBody } from '@trent/audit-record';
import type { JsMsg } from '@nats-io/jetstream';
import { readRecord, type IndexedRecord } from './read-record.ts';

/** Something that is no record, with the reason. */
export interface Unreadable {
  /** Position in the message; -1: the whole message. */
  readonly item: number;
  readonly reason: string;
  readonly body: Buffer;
}

/** A message of an audit stream, read. */
export interface AuditMessage {
  readonly stream: string;
  readonly sequence: number;
  /** '' when the headers are malformed; then all of it is unreadable. */
  readonly publisher: string;
  /** Decimal. */
  readonly batch: string;
  /** When JetStream stored it, microseconds since the epoch. */
  readonly storedAtUs: number;
  readonly records: readonly IndexedRecord[];
  readonly unreadable: readonly Unreadable[];
  readonly bytes: number;
  /** The message itself, to acknowledge it. */
  readonly source: Pick<JsMsg, 'ack' | 'working' | 'term'>;
}

/** What of a JetStream message is read. */
export type Delivery = AuditMessage['source'] & Pick<JsMsg, 'info' | 'seq' | 'headers' | 'data'>;

const PUBLISHER = /^[\w.-]{1,64}$/;
/** Fewer digits than bigint's 19, so that ranges of batch numbers never overflow. */
const BATCH = /^\d{1,15}$/;

/** Reads a message. What is malformed is set apart, never thrown: one bad record does not hold the others. */
export function readMessage(delivery: Delivery): AuditMessage {
  const { info, seq, headers, data } = delivery;
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const publisher = headers?.get(AUDIT_HEADERS.publisher) ?? '';
  const batch = headers?.get(AUDIT_HEADERS.batch) ?? '';
  const known = {
    stream: info.stream,
    sequence: seq,
    storedAtUs: Math.floor(info.timestampNanos / 1000),
    bytes: data.length,
    source: delivery,
  };
  const whole = (reason: string): AuditMessage => ({
    ...known,
    publisher: '',
    batch: '',
    records: [],
    unreadable: [{ item: -1, reason, body: Buffer.from(body) }],
  });
  if (!PUBLISHER.test(publisher) || !BATCH.test(batch)) return whole('the headers name no publisher and batch');
  const content = readBody(body.toString());
  return content === undefined ? whole('the body is no JSON array') : { ...known, publisher, batch, ...content };
}

type Content = Pick<AuditMessage, 'records' | 'unreadable'>;

/** The records: cut at the seams that our publishers leave. Where that does not give records, an array of another hand is taken apart by parsing. */
function readBody(body: string): Content | undefined {
  const texts = readMessageBody(body);
  const content = texts === undefined ? undefined : readRecords(texts);
  if (content?.unreadable.length === 0) return content;
  const items = parseArray(body);
  return items === undefined ? content : readRecords(items.map((item) => JSON.stringify(item)));
}

function readRecords(texts: readonly string[]): Content {
  const records: IndexedRecord[] = [];
  const unreadable: Unreadable[] = [];
  texts.forEach((text, item) => {
    const record = readRecord(text);
    if (typeof record === 'string') unreadable.push({ item, reason: record, body: Buffer.from(text) });
    else records.push(record);
  });
  return { records, unreadable };
}

function parseArray(body: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
