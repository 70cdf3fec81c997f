export { finishRecord, responseElementsOf, type RecordOutcome } from './record/finish-record.ts';
export { redactionOf, type Redaction } from './record/redact.ts';
export { serviceEventRecord, type ServiceEventFacts } from './record/service-event.ts';
export { draftElsewhere, type DraftElsewhere } from './record/draft-elsewhere.ts';
export { startRecord, tlsDetailsJson, type AuditDraft, type RecordFacts, type TlsDetails } from './record/start-record.ts';
export { AUDIT_HEADERS, auditStream, auditSubject, messageBody, OUTBOX_PREFIX, readMessageBody } from './message/wire-form.ts';
export { openAuditPublisher, type AuditPublisher, type AuditPublisherOptions } from './publish/audit-publisher.ts';
export type { AuditPublisherEvent } from './publish/region-lane.ts';
export { sharedRecords } from './record/shared-records.ts';
