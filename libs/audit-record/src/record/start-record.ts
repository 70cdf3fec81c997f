import type { Operation } from '@trent/contracts';
import { eventTime } from './audit-date.ts';
import { cutText, MAX_PARAMETERS, within } from './limits.ts';
import { redactionOf } from './redact.ts';

/** CloudTrail's eventVersion that the records' shape follows. */
export const EVENT_VERSION = '1.11';

/** What is known of a request before its outcome. */
export interface RecordFacts {
  readonly operation: Operation;
  /** The request message; undefined when the body was no message of its type. */
  readonly request: object | undefined;
  /** CloudTrail's userIdentity, JSON text. */
  readonly identity: string;
  /** Account whose trail the record goes to: the caller's. */
  readonly accountId: string;
  readonly region: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** JSON text made by `tlsDetailsJson`, once a connection. */
  readonly tlsDetails?: string | undefined;
  readonly requestId: string;
  readonly eventId: string;
  readonly timeMs: number;
}

/**
 * A record as far as it is known before its outcome: JSON text of an object whose seams, where `finishRecord` adds to it, are newlines.
 * (JSON text has none inside strings, so it can be cut there without being parsed, in another process too.)
 */
export type AuditDraft = string;

/** What of a record depends on the operation alone. */
interface OperationParts {
  readonly named: string;
  readonly readOnly: string;
}

const partsOf = new WeakMap<Operation, OperationParts>();

/**
 * Starts the audit record of a request. Shape: AWS CloudTrail user guide, "CloudTrail record contents".
 * Only members that the contract marks AUDIT_SHOWN enter it.
 */
export function startRecord(facts: RecordFacts): AuditDraft {
  const { operation, request } = facts;
  const parts = partsOf.get(operation) ?? operationParts(operation);
  const parameters = request === undefined ? '' : redactionOf(operation.request)(request);
  return (
    `{"eventVersion":"${EVENT_VERSION}","userIdentity":${oneLine(facts.identity)},"eventTime":"${eventTime(facts.timeMs)}",${parts.named}` +
    `"awsRegion":${JSON.stringify(facts.region)},"sourceIPAddress":${JSON.stringify(facts.sourceIp)},"userAgent":${cutText(facts.userAgent)}` +
    `\n,"requestParameters":${within(MAX_PARAMETERS, parameters)}` +
    `\n,"requestID":${JSON.stringify(facts.requestId)},"eventID":${JSON.stringify(facts.eventId)},${parts.readOnly}` +
    `\n,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":${JSON.stringify(facts.accountId)},"eventCategory":"Management"` +
    (facts.tlsDetails === undefined ? '}' : `,"tlsDetails":${facts.tlsDetails}}`)
  );
}

/** CloudTrail's tlsDetails. */
export interface TlsDetails {
  /** "TLSv1.3" */
  readonly tlsVersion: string;
  /** "TLS_AES_128_GCM_SHA256" */
  readonly cipherSuite: string;
  readonly clientProvidedHostHeader: string;
  readonly keyExchange?: string;
}

/** `RecordFacts.tlsDetails`, to be made once a connection. */
export function tlsDetailsJson({ tlsVersion, cipherSuite, clientProvidedHostHeader, keyExchange }: TlsDetails): string {
  return JSON.stringify({ tlsVersion, cipherSuite, clientProvidedHostHeader: clientProvidedHostHeader.slice(0, 255), keyExchange });
}

function operationParts(operation: Operation): OperationParts {
  const parts = {
    named: `"eventSource":${JSON.stringify(operation.wire.eventSource)},"eventName":${JSON.stringify(operation.rpc)},`,
    readOnly: `"readOnly":${String(operation.option.readOnly)}`,
  };
  partsOf.set(operation, parts);
  return parts;
}

/** A raw newline in JSON text is white space; here it would be taken for a seam. */
function oneLine(json: string): string {
  if (json === '') return 'null';
  return json.includes('\n') ? json.replaceAll('\n', ' ') : json;
}
