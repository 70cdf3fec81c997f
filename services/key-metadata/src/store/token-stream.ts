import { jetstream, jetstreamManager, RetentionPolicy, StorageType, DiscardPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** The second system that keeps every wrapped key (P4): a JetStream stream a region, apart from Postgres. */
export interface TokenStream {
  /** Resolves when the replicas have it. @param deadline performance.now() milliseconds */
  keep(region: string, keyId: string, materialId: string, token: Buffer, deadline: number): Promise<void>;
  /** Removes what was kept of a key, or of one of its materials. */
  forget(region: string, keyId: string, materialId?: string): Promise<void>;
}

/** Opens the streams, making those that are missing. */
export async function openTokenStream(nats: NatsConnection, regions: readonly string[], replicas: number): Promise<TokenStream> {
  const manager = await jetstreamManager(nats);
  for (const region of regions) await ensureStream(manager, region, replicas);
  const js = jetstream(nats);
  return {
    async keep(region, keyId, materialId, token, deadline) {
      const timeout = Math.max(1, deadline - performance.now());
      await js.publish(`trent.tokens.${region}.${keyId}.${materialId}`, token, { timeout });
    },
    async forget(region, keyId, materialId = '>') {
      await manager.streams.purge(streamOf(region), { filter: `trent.tokens.${region}.${keyId}.${materialId}` });
    },
  };
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
