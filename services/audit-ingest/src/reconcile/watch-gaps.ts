import type { Logger } from '@trent/bootstrap';
import type { Database } from '@trent/postgres';
import { auditEvents } from '../events.ts';
import type { IngestFigures } from '../ingest/ingest-figures.ts';
import { reconcileGaps } from './gaps.ts';

/** Looks for gaps once; tells of those that opened or closed since the last look, which `known` remembers. */
export async function watchGaps(db: Database, figures: IngestFigures, log: Logger, known: Map<string, string>): Promise<void> {
  const gaps = await reconcileGaps(db);
  const open = new Map(gaps.map(({ publisher, ranges }) => [publisher, ranges]));
  for (const { publisher, missing, ranges } of gaps) {
    if (known.get(publisher) !== ranges) log.error(auditEvents.gapFound, { publisher, count: missing, detail: ranges });
  }
  for (const publisher of known.keys()) if (!open.has(publisher)) log.info(auditEvents.gapClosed, { publisher });
  known.clear();
  for (const [publisher, ranges] of open) known.set(publisher, ranges);
  figures.missing = gaps.reduce((sum, { missing }) => sum + missing, 0);
}
