import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { auditStream, auditSubject } from '@trent/audit-record';

/** Name of the durable consumer that all replicas of audit-ingest share. */
export const CONSUMER = 'ingest';
/** A message that was not acknowledged in this time (its reader died) goes to another reader. A commit takes milliseconds. */
export const ACK_WAIT_MS = 5_000;
/** Messages read and not yet acknowledged, all replicas together. */
const MAX_ACK_PENDING = 4_096;
/** As long as a publisher may repeat a message; later repeats fall out in Postgres. */
const DUPLICATE_WINDOW_MS = 120_000;
const NANOS = 1e6;

/** What the audit streams of a deployment are like. */
export interface AuditStreams {
  readonly regions: readonly string[];
  /** Streams a region. */
  readonly streams: number;
  readonly replicas: number;
  /** Bound of each. */
  readonly maxBytes: number;
}

/** Names of all audit streams. */
export function auditStreamNames({ regions, streams }: Pick<AuditStreams, 'regions' | 'streams'>): string[] {
  return regions.flatMap((region) => Array.from({ length: streams }, (_, i) => auditStream(region, i)));
}

/**
 * Makes the streams and the durable consumer, or brings them to these settings; safe to run from several replicas at once.
 *
 * An acknowledged record must not be lost, so nothing but ingest removes it: work-queue retention (a message goes when it was acknowledged
 * after the commit in Postgres), no maximum age, and a full stream refuses new messages (the request is denied) instead of dropping old ones.
 */
export async function ensureAuditStreams(manager: JetStreamManager, settings: AuditStreams): Promise<void> {
  for (const region of settings.regions) {
    for (let i = 0; i < settings.streams; i++) await ensureStream(manager, streamConfig(region, i, settings));
  }
  for (const stream of auditStreamNames(settings)) {
    await manager.consumers.add(stream, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ACK_WAIT_MS * NANOS,
      max_ack_pending: MAX_ACK_PENDING,
      max_deliver: -1,
    });
  }
}

type AuditStreamConfig = Pick<StreamConfig, 'name' | 'subjects' | 'num_replicas' | 'max_bytes' | 'duplicate_window'>;

function streamConfig(region: string, i: number, { replicas, maxBytes }: AuditStreams): AuditStreamConfig {
  return {
    name: auditStream(region, i),
    subjects: [auditSubject(region, i)],
    num_replicas: replicas,
    max_bytes: maxBytes,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOS,
  };
}

async function ensureStream(manager: JetStreamManager, config: AuditStreamConfig): Promise<void> {
  const present = await find(manager, config.name);
  if (present === undefined) {
    const fixed = { storage: StorageType.File, retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New };
    await manager.streams.add({ ...config, ...fixed });
  } else if (present.num_replicas !== config.num_replicas || present.max_bytes !== config.max_bytes) {
    await manager.streams.update(config.name, config);
  }
}

async function find(manager: JetStreamManager, stream: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(stream)).config;
  } catch (error) {
    if ((error as { code?: unknown }).code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}
