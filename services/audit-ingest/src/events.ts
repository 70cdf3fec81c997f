import { defineEvents } from '@trent/bootstrap';

/** What audit-ingest logs. */
export const auditEvents = defineEvents({
  streamsReady: 'audit.streams_ready',
  streamsNotReady: 'audit.streams_not_ready',
  readerFailed: 'audit.reader_failed',
  insertFailed: 'audit.insert_failed',
  quarantined: 'audit.quarantined',
  gapFound: 'audit.gap_found',
  gapClosed: 'audit.gap_closed',
  reconcileFailed: 'audit.reconcile_failed',
  partitionsFailed: 'audit.partitions_failed',
  partitionCreated: 'audit.partition_created',
  partitionDropped: 'audit.partition_dropped',
});
