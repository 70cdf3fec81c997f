import type { Msg } from '@nats-io/nats-core';

/** What JetStream answered to a publish: stored, or why not. */
export type Acknowledgement = { readonly stored: true } | { readonly stored: false; readonly why: string };

interface PubAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly error?: { readonly description?: string };
}

/**
 * Reads the answer to a publish (JetStream wire API, ADR-22 PubAck; 503 without a body: nobody listens on the subject).
 * A record counts as stored only when the stream it was sent to says so.
 */
export function readAcknowledgement(message: Msg, stream: string): Acknowledgement {
  if (message.data.length === 0) return { stored: false, why: 'no stream listens' };
  const ack = parse(message);
  if (ack?.error !== undefined) return { stored: false, why: ack.error.description ?? 'refused' };
  if (ack?.stream !== stream || typeof ack.seq !== 'number' || ack.seq < 1) return { stored: false, why: 'not an acknowledgement' };
  return { stored: true };
}

function parse(message: Msg): PubAck | undefined {
  try {
    return message.json<PubAck | null>() ?? undefined;
  } catch {
    return undefined;
  }
}
