import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@trent/bootstrap';
import { sqlState, type Database } from '@trent/postgres';
import { auditEvents } from '../events.ts';
import { insertMessages } from './insert.ts';
import type { IngestFigures } from './ingest-figures.ts';
import type { MessageQueue } from './message-queue.ts';
import { quarantine, wholeMessage } from './quarantine.ts';
import type { AuditMessage } from './read-message.ts';

/** Less than the time after which JetStream gives a message to another reader. */
const INSERT_PATIENCE_MS = 4_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** What a committer is built from. */
export interface CommitterParts {
  readonly db: Database;
  readonly queue: MessageQueue;
  readonly figures: IngestFigures;
  readonly log: Logger;
  readonly now: () => number;
  /** Aborts when a commit that does not succeed is to be given up: its messages stay in JetStream. */
  readonly signal: AbortSignal;
}

/**
 * Commits what the queue holds until it is closed and empty. A message is acknowledged only when Postgres has committed its records;
 * what Postgres refuses is set apart and terminated, what can't be reached is tried until it can.
 */
export async function commitAll(parts: CommitterParts): Promise<void> {
  for (;;) {
    const messages = await parts.queue.take();
    if (messages === undefined) return;
    await commit(parts, messages);
  }
}

async function commit(parts: CommitterParts, messages: readonly AuditMessage[]): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !parts.signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await store(parts, messages);
      return;
    } catch (error) {
      parts.figures.failing = true;
      parts.log.warn(auditEvents.insertFailed, { count: messages.length, delay_ms: pauseMs }, error);
      for (const { source } of messages) source.working();
      await delay(pauseMs, undefined, { signal: parts.signal }).catch(() => undefined);
    }
  }
}

async function store(parts: CommitterParts, messages: readonly AuditMessage[]): Promise<void> {
  for (const message of messages) if (message.unreadable.length > 0) await setApart(parts, message, message.unreadable);
  await insert(parts, messages.filter(isReadable));
  for (const message of messages) {
    if (isReadable(message)) message.source.ack();
    else message.source.term('unreadable');
  }
  parts.figures.failing = false;
}

/** Inserts; what Postgres refuses is halved until the message at fault stands alone and is set apart. */
async function insert(parts: CommitterParts, messages: readonly AuditMessage[]): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  try {
    const { stored, repeated } = await insertMessages(parts.db, messages, parts.now() + INSERT_PATIENCE_MS);
    parts.figures.committed(messages, stored, repeated);
  } catch (error) {
    if (!isAboutData(error)) throw error;
    if (messages.length === 1) {
      await setApart(parts, first, [wholeMessage(first, `Postgres refused it: ${String(sqlState(error))}`)]);
      return;
    }
    const half = messages.length >> 1;
    await insert(parts, messages.slice(0, half));
    await insert(parts, messages.slice(half));
  }
}

async function setApart(parts: CommitterParts, message: AuditMessage, items: AuditMessage['unreadable']): Promise<void> {
  await quarantine(parts.db, message, items, parts.now() + INSERT_PATIENCE_MS);
  parts.figures.setApart(items.length);
  const { stream, sequence, publisher, batch } = message;
  for (const { reason } of items) {
    parts.log.error(auditEvents.quarantined, { stream, sequence: String(sequence), publisher, batch, reason });
  }
}

function isReadable(message: AuditMessage): boolean {
  return message.publisher !== '';
}

/** SQLSTATE classes 22 (data exception), 23 (constraint) and 54 (a limit of the program): the same data will be refused again. */
function isAboutData(error: unknown): boolean {
  return /^(22|23|54)/.test(String(sqlState(error)));
}
