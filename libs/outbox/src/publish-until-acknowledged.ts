import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamClient, JetStreamPublishOptions } from '@nats-io/jetstream';
import { trentError } from '@trent/errors';

/** No acknowledgement after this long: a stream without a leader (DESIGN 9). */
const ACK_PATIENCE_MS = 300;
/** Pause after a refusal that came at once (no stream, no leader, no connection). */
const REFUSED_PAUSE_MS = 50;

/** What is published; sending it twice must do no harm. */
export interface Publication {
  /** The subject of the nth try: another stream each time where there are several. */
  readonly subject: (attempt: number) => string;
  readonly body: string | Uint8Array;
  readonly options?: Partial<Pick<JetStreamPublishOptions, 'msgID' | 'headers'>>;
}

/**
 * Publishes to JetStream until a stream acknowledges: a stream whose leader has just died answers nothing, or that nobody is there, for the seconds
 * that an election takes.
 * @param deadline performance.now() milliseconds
 * @throws TrentError KMSInternalException (retryable) with `complaint` when nothing has acknowledged by the deadline
 */
export async function publishUntilAcknowledged(
  jetstream: Pick<JetStreamClient, 'publish'>,
  { subject, body, options = {} }: Publication,
  deadline: number,
  complaint: string,
): Promise<void> {
  let cause: unknown;
  for (let attempt = 0; ; attempt++) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw trentError('KMSInternalException', complaint, { cause });
    try {
      const timeout = Math.max(1, Math.min(ACK_PATIENCE_MS, Math.ceil(leftMs)));
      await jetstream.publish(subject(attempt), body, { ...options, timeout });
      return;
    } catch (error) {
      cause = error;
      await delay(Math.max(0, Math.min(REFUSED_PAUSE_MS, deadline - performance.now())));
    }
  }
}
