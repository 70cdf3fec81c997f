/** Headers of an audit message, besides Nats-Msg-Id = publisher:batch. */
export const AUDIT_HEADERS = {
  /** UUID of a publishing process's incarnation, or `outbox.<schema>`. */
  publisher: 'Trent-Publisher',
  /** Number of the message among the publisher's, decimal: 1, 2, 3 … without gaps (row ids, with gaps, for an outbox). */
  batch: 'Trent-Batch',
} as const;

/** Publishers whose batch numbers are row ids start with this; their gaps mean nothing. */
export const OUTBOX_PREFIX = 'outbox.';

/** The stream `i` of a region's audit records. */
export function auditStream(region: string, i: number): string {
  return `AUDIT_${region}_${i}`;
}

/** The subject that stream `i` of a region listens on. */
export function auditSubject(region: string, i: number): string {
  return `trent.audit.${region}.${i}`;
}

const SEPARATOR = ',\n';

/**
 * Body of an audit message: a JSON array of records, joined without parsing them.
 * @param records JSON texts without raw newlines, as `finishRecord` makes them
 */
export function messageBody(records: readonly string[]): string {
  return `[${records.join(SEPARATOR)}]`;
}

/**
 * The records of a message's body, still as texts, cut at the newlines that `messageBody` puts between them and JSON can't hold elsewhere.
 * Whether each is a record is for the reader to check. Undefined when the body is not in brackets.
 */
export function readMessageBody(body: string): readonly string[] | undefined {
  if (!body.startsWith('[') || !body.endsWith(']')) return undefined;
  const inner = body.slice(1, -1);
  return inner === '' ? [] : inner.split(SEPARATOR);
}
