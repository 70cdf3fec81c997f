import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Logger } from '@trent/bootstrap';
import { auditEvents } from '../events.ts';
import type { MessageQueue } from './message-queue.ts';
import { readMessage } from './read-message.ts';
import { CONSUMER } from './streams.ts';

/** Messages asked for ahead: at 128 records each they are eight commits. */
const PREFETCH = 64;
const PAUSE_MS = 1_000;

/** What the reader of a stream is built from. */
export interface ReaderParts {
  readonly jetstream: JetStreamClient;
  readonly queue: MessageQueue;
  readonly log: Logger;
  /** Makes the stream and the consumer when they are not there. */
  readonly ensure: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Reads a stream into the queue through the shared durable consumer, until the signal; begins anew after failures. */
export async function readStream(stream: string, parts: ReaderParts): Promise<void> {
  const isStopped = (): boolean => parts.signal.aborted;
  while (!isStopped()) {
    try {
      await readOnce(stream, parts);
    } catch (error) {
      if (isStopped()) return;
      parts.log.warn(auditEvents.readerFailed, { stream }, error);
      await delay(PAUSE_MS, undefined, { signal: parts.signal }).catch(() => undefined);
      await parts.ensure().catch(() => undefined); // told of by whoever waits for the streams; here the next attempt fails again
    }
  }
}

async function readOnce(stream: string, { jetstream, queue, signal }: ReaderParts): Promise<void> {
  const consumer = await jetstream.consumers.get(stream, CONSUMER);
  const messages = await consumer.consume({ max_messages: PREFETCH, abort_on_missing_resource: true });
  const stop = (): void => messages.stop(); // what was fetched and not read goes to another reader after ACK_WAIT_MS
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const message of messages) await queue.push(readMessage(message));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
