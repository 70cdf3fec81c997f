import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { metadata } from '@trent/contracts';
import { aKey, REGION } from './authorize.fixture.ts';
import { KeyViews } from './key-views.ts';

const KEYS = 10_000;
const keyIdAt = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('memory of views', () => {
  test('a key with the default policy takes at most 4 KiB, and the view says so of itself', async () => {
    const views = new KeyViews((queries) => Promise.resolve(queries.map(({ by }) => aDecodedKey(by?.$case === 'keyId' ? by.value : ''))));
    const load = (from: number, to: number): Promise<unknown> =>
      Promise.all(Array.from({ length: to - from }, (_, i) => views.loadByKeyId(REGION, keyIdAt(from + i), performance.now() + 60_000)));
    await load(0, 1_000);
    collect();
    const before = process.memoryUsage();
    await load(1_000, 1_000 + KEYS);
    collect();
    const after = process.memoryUsage();
    const bytes = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / KEYS;
    expect(views.byKeyId(REGION, keyIdAt(KEYS))).toBeDefined();
    expect(bytes).toBeGreaterThan(500);
    expect(bytes).toBeLessThanOrEqual(4096);
    const { bytes: estimated, views: count } = views.state() as { bytes: number; views: number };
    expect(estimated / count).toBeGreaterThanOrEqual(bytes / 2);
  });
});

/** As it comes off the wire, so that nothing is shared between two keys; a wrapped symmetric key is some 250 bytes. */
function aDecodedKey(keyId: string): metadata.KeyView {
  const key = aKey({ keyId, materials: [{ materialId: 'ab'.repeat(32), token: Buffer.alloc(250) }], aliases: [] });
  return metadata.KeyView.decode(metadata.KeyView.encode(key).finish());
}
