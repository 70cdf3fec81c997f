import type { Operation } from '@trent/contracts';
import { catalogue, isErrorCode } from '@trent/errors';
import { cutText, MAX_ADDITIONAL_DATA, MAX_PARAMETERS, within } from './limits.ts';
import { redactionOf } from './redact.ts';
import type { AuditDraft } from './start-record.ts';

/** What became of a request. */
export interface RecordOutcome {
  /** JSON text made by `responseElementsOf`; null in the record when absent or when there is an error. */
  readonly responseElements?: string | undefined;
  /** ARNs of keys and aliases, in the order of the operation's keys. */
  readonly resources?: readonly string[] | undefined;
  /** The error that was answered; a TrentError fits. Its text must not hold values of sensitive members. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** {"keyMaterialId": "…"} and the like. */
  readonly additionalEventData?: Readonly<Record<string, string>> | undefined;
}

/**
 * Adds the outcome to a draft. The record is one line of JSON.
 * @throws {Error} when `draft` was not made by `startRecord`
 */
export function finishRecord(draft: AuditDraft, outcome: RecordOutcome): string {
  const [head, parameters, ids, tail, ...rest] = draft.split('\n');
  if (head === undefined || parameters === undefined || ids === undefined || tail === undefined || rest.length > 0) {
    throw new Error('not an audit draft');
  }
  return head + errorJson(outcome.error) + parameters + effectsJson(outcome) + ids + resourcesJson(outcome.resources) + tail;
}

/**
 * A record's responseElements: what the contract shows of the response, with the key's ARN for writes on a key (kms-api: CreateGrant shows
 * grantId and keyId, what answers nothing keyId alone).
 * Undefined when there is nothing to show, as for reads and cryptographic operations.
 */
export function responseElementsOf(operation: Operation, response: object, keyArn?: string): string | undefined {
  const json = redactionOf(operation.response)(response);
  if (!operation.option.auditKeyId || keyArn === undefined || json.includes('"keyId":')) return json === '' ? undefined : json;
  const keyId = `"keyId":${JSON.stringify(keyArn)}}`;
  return json === '' || json === '{}' ? `{${keyId}` : `${json.slice(0, -1)},${keyId}`;
}

/** Denials are recorded as AccessDenied (kms-api: CloudTrail's spelling); all other errors under AWS's name. */
function errorJson(error: RecordOutcome['error']): string {
  if (error === undefined) return '';
  const name = isErrorCode(error.code) ? catalogue[error.code].awsName : error.code;
  const json = `,"errorCode":${cutText(name === 'AccessDeniedException' ? 'AccessDenied' : name)}`;
  return error.message === '' ? json : `${json},"errorMessage":${cutText(error.message)}`;
}

function effectsJson({ error, responseElements, additionalEventData }: RecordOutcome): string {
  const elements = `,"responseElements":${within(MAX_PARAMETERS, error === undefined ? responseElements : undefined)}`;
  if (additionalEventData === undefined) return elements;
  return `${elements},"additionalEventData":${within(MAX_ADDITIONAL_DATA, JSON.stringify(additionalEventData))}`;
}

/** A record's resources, as a further member. */
export function resourcesJson(arns: readonly string[] | undefined): string {
  let json = '';
  for (const arn of arns ?? []) {
    const account = JSON.stringify(accountOf(arn));
    json += `${json === '' ? '' : ','}{"accountId":${account},"type":"AWS::KMS::Key","ARN":${JSON.stringify(arn)}}`;
  }
  return `,"resources":[${json}]`;
}

/** The fifth part of an ARN. Aliases are of type AWS::KMS::Key too (kms-api, CloudTrail). */
function accountOf(arn: string): string {
  return arn.split(':', 5)[4] ?? '';
}
