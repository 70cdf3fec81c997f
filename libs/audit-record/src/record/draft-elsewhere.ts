import type { Operation } from '@trent/contracts';
import { MAX_PARAMETERS, within } from './limits.ts';
import { redactionOf } from './redact.ts';
import type { AuditDraft } from './start-record.ts';

/** What differs in the record of the same request's effect in another Region. */
export interface DraftElsewhere {
  readonly operation: Operation;
  /** The operation's request; undefined: the parameters stay as they are. */
  readonly request: object | undefined;
  readonly region: string;
  readonly eventId: string;
}

/**
 * The draft of a second record of one request: a multi-Region change shows in the trail of each Region that it touches, ReplicateKey as
 * CreateKey in the replica's (API reference, ReplicateKey). Caller, time, origin and request id stay.
 * @throws {Error} when `draft` was not made by `startRecord`
 */
export function draftElsewhere(draft: AuditDraft, { operation, request, region, eventId }: DraftElsewhere): AuditDraft {
  const [head, parameters, ids, tail] = draft.split('\n');
  if (head === undefined || parameters === undefined || ids === undefined || tail === undefined) throw new Error('not an audit draft');
  const { eventSource } = operation.wire;
  const begun = { ...(JSON.parse(`${head}}`) as object), eventSource, eventName: operation.rpc, awsRegion: region };
  const named = { ...(JSON.parse(`{${ids.slice(1)}}`) as object), eventID: eventId };
  const shown =
    request === undefined ? parameters : `,"requestParameters":${within(MAX_PARAMETERS, redactionOf(operation.request)(request))}`;
  return [JSON.stringify(begun).slice(0, -1), shown, `,${JSON.stringify(named).slice(1, -1)}`, tail].join('\n');
}
