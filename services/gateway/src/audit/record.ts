import { finishRecord, responseElementsOf, sharedRecords, startRecord, type AuditDraft } from '@trent/audit-record';
import type { authorize } from '@trent/contracts';
import type { TrentError } from '@trent/errors';
import { newEventId, type RandomBytes } from '@trent/identifiers';

import type { Ask } from '../ask.ts';

/** What became of a request: an answer or an error, and whether its record is committed already. */
export type Outcome =
  { readonly kind: 'done'; readonly output: Buffer; readonly recorded: boolean } | { readonly kind: 'failed'; readonly error: TrentError };

/** The parts that records are made with. */
export interface RecordParts {
  readonly random: RandomBytes;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The record of a request as far as it is known before its outcome. Each draft has an event id of its own. */
export function draftRecord(
  parts: RecordParts,
  ask: Ask,
  who: authorize.AuthorizeResult,
  eventId: string = newEventId(parts.random),
): AuditDraft {
  return startRecord({
    operation: ask.plan.operation,
    request: ask.isSound ? ask.message : undefined,
    identity: who.identity,
    accountId: who.accountId,
    region: ask.region,
    sourceIp: ask.origin.sourceIp,
    userAgent: ask.origin.userAgent,
    tlsDetails: ask.origin.tlsDetails,
    requestId: ask.requestId,
    eventId,
    timeMs: parts.now(),
  });
}

/**
 * The record of a request that its room has not recorded: reads, crypto, denials, refusals. An error's record has an event id of its own: the
 * room may have committed a record of what it did before the answer was lost, and one must not push out the other.
 */
export function wholeRecord(
  parts: RecordParts,
  ask: Ask,
  who: authorize.AuthorizeResult,
  outcome: Outcome,
  eventId: string = newEventId(parts.random),
): string {
  const draft = draftRecord(parts, ask, who, eventId);
  const resources = resourcesOf(who);
  if (outcome.kind === 'failed')
    return finishRecord(draft, { resources, error: outcome.error, additionalEventData: whyDenied(outcome.error) });
  const additionalEventData = ask.plan.isCrypto ? cryptoData(who) : undefined;
  return finishRecord(draft, { resources, additionalEventData, responseElements: elementsOf(ask, who, outcome.output) });
}

/**
 * The records that a request leaves: its own, and for keys of other accounts one more in the trail of each (kms-api §14.2). What failed has one:
 * policy tells of other accounts' keys to those alone who may use them.
 */
export function recordsOf(parts: RecordParts, ask: Ask, who: authorize.AuthorizeResult, outcome: Outcome, eventId: string): string[] {
  const record = wholeRecord(parts, ask, who, outcome, eventId);
  if (outcome.kind === 'failed') return [record];
  return sharedRecords(record, who.accountId, resourcesOf(who), () => newEventId(parts.random));
}

/** The encoded authorization message of a denial, for sts:DecodeAuthorizationMessage: who reads records need not be one who may know why. */
function whyDenied({ details }: TrentError): Record<string, string> | undefined {
  const message = details?.[ENCODED_MESSAGE];
  return message === undefined ? undefined : { [ENCODED_MESSAGE]: message };
}

/** Name of the error's detail and of the record's member. */
const ENCODED_MESSAGE = 'encodedAuthorizationMessage';

/** Keys, each followed by the alias it was named by (kms-api §14.2). */
function resourcesOf({ keys }: authorize.AuthorizeResult): string[] {
  const arns: string[] = [];
  for (const { keyArn, aliasArn } of keys) {
    if (keyArn !== '') arns.push(keyArn);
    if (aliasArn !== '') arns.push(aliasArn);
  }
  return arns;
}

/** Which materials were used, and the custom key store of the key that lives in one. */
function cryptoData(who: authorize.AuthorizeResult): Record<string, string> | undefined {
  const customKeyStoreId = who.keys.find((key) => key.customKeyStoreId !== '')?.customKeyStoreId;
  return customKeyStoreId === undefined ? materials(who) : { ...materials(who), customKeyStoreId };
}

/** Materials of symmetric keys alone: other keys have one for life, and CloudTrail does not name it. */
function materials({ keys }: authorize.AuthorizeResult): Record<string, string> | undefined {
  const [first, second] = keys.map(({ keySpec, materialId }) => (keySpec === 'SYMMETRIC_DEFAULT' ? materialId : ''));
  if (keys.length < 2) return first === undefined || first === '' ? undefined : { keyMaterialId: first };
  const named = Object.entries({ sourceKeyMaterialId: first, destinationKeyMaterialId: second });
  const told = named.flatMap(([name, id]) => (id === undefined || id === '' ? [] : [[name, id] as const]));
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

/** Reads and crypto show no response (CloudTrail: null), so that it need not be decoded. */
function elementsOf(ask: Ask, who: authorize.AuthorizeResult, output: Buffer): string | undefined {
  const { operation } = ask.plan;
  return operation.option.readOnly ? undefined : responseElementsOf(operation, operation.responseCodec.decode(output), who.keys[0]?.keyArn);
}
