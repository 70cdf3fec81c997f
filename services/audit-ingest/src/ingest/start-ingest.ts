import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { ServiceRuntime } from '@trent/bootstrap';
import type { Database } from '@trent/postgres';
import { auditEvents } from '../events.ts';
import { repeat } from '../repeat.ts';
import { commitAll } from './committer.ts';
import { readStream } from './consumer.ts';
import { IngestFigures } from './ingest-figures.ts';
import { MessageQueue } from './message-queue.ts';
import { auditStreamNames, CONSUMER, ensureAuditStreams, type AuditStreams } from './streams.ts';

/** A fresh NATS cluster answers no JetStream call for seconds. */
const STREAMS_PAUSE_MS = 500;
const LOOK_EVERY_MS = 10_000;
/** After the readers have stopped, what is queued is committed within this time or left to other readers. */
const LAST_COMMIT_MS = 5_000;

/** Makes the streams and begins to move their records into Postgres, until the runtime drains. Resolves when reading has begun. */
export async function startIngest(rt: ServiceRuntime, nats: NatsConnection, db: Database, settings: AuditStreams): Promise<IngestFigures> {
  const figures = new IngestFigures(rt.metrics, Date.now);
  const queue = new MessageQueue(() => performance.now());
  const manager = await jetstreamManager(nats, { checkAPI: false });
  await makeStreams(rt, () => ensureAuditStreams(manager, settings));

  const abandon = new AbortController();
  const committing = commitAll({ db, queue, figures, log: rt.log, now: () => performance.now(), signal: abandon.signal });
  const readers = auditStreamNames(settings).map((stream) =>
    readStream(stream, {
      jetstream: jetstream(nats),
      queue,
      log: rt.log,
      ensure: () => ensureAuditStreams(manager, settings),
      signal: rt.signal,
    }),
  );
  void repeat(
    LOOK_EVERY_MS,
    rt.signal,
    () => look(manager, settings, figures),
    () => undefined,
  ); // NATS is away: said by its own readiness

  rt.onDrain('ingest', async () => {
    await Promise.all(readers);
    queue.close();
    const timer = setTimeout(() => abandon.abort(), LAST_COMMIT_MS);
    await committing;
    clearTimeout(timer);
    await nats.flush(); // the last acknowledgements
  });
  rt.readiness('ingest', () => !figures.failing || 'the last commit failed');
  rt.debugState('ingest', () => ({ ...figures.state(), queued_records: queue.records }));
  return figures;
}

async function makeStreams(rt: ServiceRuntime, ensure: () => Promise<void>): Promise<void> {
  while (!rt.signal.aborted) {
    try {
      await ensure();
      rt.log.info(auditEvents.streamsReady);
      return;
    } catch (error) {
      rt.log.warn(auditEvents.streamsNotReady, { delay_ms: STREAMS_PAUSE_MS }, error);
      await delay(STREAMS_PAUSE_MS);
    }
  }
}

/** How much waits in each stream. */
async function look(manager: JetStreamManager, settings: AuditStreams, figures: IngestFigures): Promise<void> {
  for (const stream of auditStreamNames(settings)) {
    const { num_pending: waiting } = await manager.consumers.info(stream, CONSUMER);
    figures.waiting.set(stream, waiting);
  }
}
