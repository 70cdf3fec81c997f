import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Batcher } from './batcher.ts';

/** What may happen to a batcher: an item comes, a batch is done, a turn passes. */
const step = fc.oneof(
  fc.nat({ max: 40 }).map((size) => ({ kind: 'push' as const, size })),
  fc.constant({ kind: 'done' as const }),
  fc.constant({ kind: 'turn' as const }),
);

test('whatever happens, every item leaves once, in order, within the bounds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, maxItems, window) => {
        const batches: number[][] = [];
        let outstanding = 0;
        let most = 0;
        const flush = (items: number[]): void => {
          batches.push(items);
          most = Math.max(most, ++outstanding);
        };
        const batcher = new Batcher<number>({ maxItems, maxBytes: 64, sizeOf: (size) => size, window, flush });
        const pushed: number[] = [];
        const done = (): void => {
          if (outstanding === 0) return;
          outstanding--;
          batcher.done();
        };
        for (const { kind, ...rest } of steps) {
          if (kind === 'turn') await nextTurn();
          else if (kind === 'done') done();
          else {
            const { size } = rest as { size: number };
            pushed.push(size);
            batcher.push(size);
          }
        }
        while (batcher.length > 0 || outstanding > 0) {
          done();
          await nextTurn();
        }
        expect(batches.flat()).toEqual(pushed);
        expect(most).toBeLessThanOrEqual(window);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(maxItems);
          expect(batch.length === 1 || batch.reduce((sum, size) => sum + size, 0) <= 64).toBe(true);
        }
      },
    ),
  );
});
