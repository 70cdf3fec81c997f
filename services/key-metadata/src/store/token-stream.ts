import { jetstream, jetstreamManager, RetentionPolicy, StorageType, DiscardPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { publishUntilAcknowledged } from '@trent/outbox';

/** The second system that keeps every wrapped key (P4): a JetStream stream a region, apart from Postgres. */
export interface TokenStream {
  /**
   * Resolves when the replicas have it; it waits for the election of a stream whose leader has died.
   * @param deadline performance.now() milliseconds
   * @throws TrentError KMSInternalException (retryable) past it
   */
  keep(region: string, keyId: string, materialId: string, token: Buffer, deadline: number): Promise<void>;
  /** Shreds what was kept of a key, or of one of its materials. */
  forget(region: string, keyId: string, materialId?: string): Promise<void>;
}

/** Opens the streams, making those that are missing. */
export async function openTokenStream(nats: NatsConnection, regions: readonly string[], replicas: number): Promise<TokenStream> {
  const manager = await jetstreamManager(nats);
  for (const region of regions) await ensureStream(manager, region, replicas);
  const js = jetstream(nats);
  return {
    async keep(region, keyId, materialId, token, deadline) {
      const publication = { subject: () => `trent.tokens.${region}.${keyId}.${materialId}`, body: token };
      await publishUntilAcknowledged(js, publication, deadline, 'The key is not kept a second time yet.');
    },
    async forget(region, keyId, materialId = '>') {
      const filter = `trent.tokens.${region}.${keyId}.${materialId}`;
      // Overwritten one by one first: a purge alone leaves the bytes in the stream's file until it is compacted.
      const { state } = await manager.streams.info(streamOf(region), { subjects_filter: filter });
      for (const subject of Object.keys(state.subjects ?? {})) await overwrite(manager, streamOf(region), subject);
      await manager.streams.purge(streamOf(region), { filter });
    },
  };
}

/** Deletes the one message of a subject, its bytes overwritten (JetStream wire API, STREAM.MSG.DELETE without no_erase). */
async function overwrite(manager: JetStreamManager, stream: string, subject: string): Promise<void> {
  const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
  if (message !== null) await manager.streams.deleteMessage(stream, message.seq, true);
}

function streamOf(region: string): string {
  return `TOKENS_${region}`;
}

async function ensureStream(manager: JetStreamManager, region: string, replicas: number): Promise<void> {
  const name = streamOf(region);
  const config = {
    name,
    subjects: [`trent.tokens.${region}.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    // One message a material: a repeated publish replaces, nothing ages out.
    max_msgs_per_subject: 1,
    num_replicas: replicas,
  };
  try {
    await manager.streams.info(name);
  } catch {
    await manager.streams.add(config);
  }
}
