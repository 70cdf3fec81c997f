import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { prepareNats } from './nats.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-nats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The default of TRENT_AUDIT_STREAM_BYTES. */
const STREAM_BYTES = 2 * 1024 ** 3;

test.each([1, 3, 8])('JetStream has room for the audit streams of %i regions, which it reserves beforehand', (count) => {
  const regions = Array.from({ length: count }, (_, i) => `eu-west-${String(i + 1)}`);
  const node = { name: 'nats-a', folder, logFile: join(folder, 'log'), port: 1, monitorPort: 2, clusterPort: 3 };
  prepareNats({ nodes: [node], secrets: folder, streams: { regions, auditStreams: 3 } }, node);
  const gigabytes = /max_file_store: (\d+)GB/.exec(readFileSync(join(folder, 'nats.conf'), 'utf8'))?.[1];
  expect(Number(gigabytes) * 1e9).toBeGreaterThan(count * 3 * STREAM_BYTES);
});
