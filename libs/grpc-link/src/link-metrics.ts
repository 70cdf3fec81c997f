import { DURATION_BUCKETS } from '@trent/bootstrap';
import type { ServiceRuntime } from '@trent/bootstrap';

/** Figures of a link, added up by batch: one point an item would cost a tenth of the hop. */
export interface LinkMetrics {
  sent(items: number): void;
  received(results: number, firstMs: number): void;
  failed(outcome: 'throttled' | 'lost' | 'retried'): void;
}

/** Registers the figures of a link; without a runtime they go nowhere. */
export function createLinkMetrics(link: string, runtime: ServiceRuntime | undefined): LinkMetrics {
  if (runtime === undefined) return { sent: ignore, received: ignore, failed: ignore };
  const { metrics } = runtime;
  const items = metrics.counter({ name: 'link_items_total', help: 'Items sent', labels: ['link'] });
  const batches = metrics.counter({ name: 'link_batches_total', help: 'Messages that carried them', labels: ['link'] });
  const failures = metrics.counter({
    name: 'link_failures_total',
    help: 'Items that were throttled, lost with the transport, or sent again after it was lost',
    labels: ['link', 'outcome'],
  });
  const seconds = metrics.histogram({
    name: 'link_seconds',
    help: 'Time to a result, of the first result of each message',
    labels: ['link'],
    buckets: DURATION_BUCKETS,
  });
  return {
    sent: (count) => {
      items.add(count, link);
      batches.add(1, link);
    },
    received: (_results, firstMs) => seconds.observe(firstMs / 1000, link),
    failed: (outcome) => failures.add(1, link, outcome),
  };
}

function ignore(): void {
  // nobody asked for figures
}
