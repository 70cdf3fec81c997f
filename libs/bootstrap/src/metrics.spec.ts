import { describe, expect, test } from '@jest/globals';
import { createMetrics } from './metrics.ts';

describe('metrics', () => {
  test('are rendered with the prefix and their labels', async () => {
    const metrics = createMetrics({ process: false });
    metrics.counter({ name: 'things_total', help: 'Things', labels: ['kind'] }).add(3, 'blue');
    metrics.histogram({ name: 'wait_seconds', help: 'Waits', buckets: [1, 2] }).observe(1.5);
    metrics.gauge({ name: 'depth', help: 'Depth', read: () => 7 });
    metrics.gauge({ name: 'load', help: 'Load', label: 'endpoint', read: () => new Map([['a:1', 2]]) });
    const { text, contentType } = await metrics.render();
    expect(contentType).toMatch(/^text\/plain/);
    for (const line of [
      'trent_things_total{kind="blue"} 3',
      'trent_wait_seconds_bucket{le="2"} 1',
      'trent_depth 7',
      'trent_load{endpoint="a:1"} 2',
    ]) {
      expect(text).toContain(line);
    }
  });

  test('the same name twice is the same counter', async () => {
    const metrics = createMetrics({ process: false });
    metrics.counter({ name: 'things_total', help: 'Things' }).add(1);
    metrics.counter({ name: 'things_total', help: 'Things' }).add(1);
    expect((await metrics.render()).text).toContain('trent_things_total 2');
  });
});
