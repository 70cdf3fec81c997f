import { eventTime } from './audit-date.ts';
import { resourcesJson } from './finish-record.ts';
import { EVENT_VERSION } from './start-record.ts';

/** What a service did by itself: a rotation, the end of a key. */
export interface ServiceEventFacts {
  /** "RotateKey", "DeleteKey", "DeleteExpiredKeyMaterial", "SynchronizeMultiRegionKey" */
  readonly eventName: string;
  readonly accountId: string;
  readonly region: string;
  readonly eventId: string;
  readonly timeMs: number;
  /** ARNs of the keys. */
  readonly resources: readonly string[];
  /** serviceEventDetails; never secrets. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The record of something that KMS did by itself (CloudTrail's AwsServiceEvent): no caller, no request. One line of JSON. */
export function serviceEventRecord(facts: ServiceEventFacts): string {
  const account = JSON.stringify(facts.accountId);
  return (
    `{"eventVersion":"${EVENT_VERSION}","userIdentity":{"accountId":${account},"invokedBy":"AWS Internal"},` +
    `"eventTime":"${eventTime(facts.timeMs)}","eventSource":"kms.amazonaws.com","eventName":${JSON.stringify(facts.eventName)},` +
    `"awsRegion":${JSON.stringify(facts.region)},"sourceIPAddress":"AWS Internal","userAgent":"AWS Internal",` +
    `"requestParameters":null,"responseElements":null,"eventID":${JSON.stringify(facts.eventId)},"readOnly":false` +
    `${resourcesJson(facts.resources)},"eventType":"AwsServiceEvent","managementEvent":true,"recipientAccountId":${account},` +
    `"serviceEventDetails":${JSON.stringify(facts.details)},"eventCategory":"Management"}`
  );
}
