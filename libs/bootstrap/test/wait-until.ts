import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/**
 * Looks at a condition until it holds.
 * @param look true, or in words why not yet
 * @throws {Error} with those words when it does not hold in time
 */
export async function waitUntil(what: string, timeoutMs: number, look: () => true | string | Promise<true | string>): Promise<void> {
  const limit = performance.now() + timeoutMs;
  for (;;) {
    const verdict = await look();
    if (verdict === true) return;
    if (performance.now() > limit) throw new Error(`${what}: ${verdict}`);
    await sleep(LOOK_EVERY_MS);
  }
}
