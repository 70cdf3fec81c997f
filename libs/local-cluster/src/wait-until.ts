import { setTimeout as delay } from 'node:timers/promises';

/** First and longest pause between two looks at a condition of another process: quick at first, cheap when it takes long. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 150;

/** What a look found: `true`, or in words why not yet. */
export type Verdict = true | string;

/**
 * Looks at a condition of another process until it holds.
 * @throws Error `<what>: <why not>` when it does not hold within `timeoutMs`, or at once when `signal` aborts (with its reason).
 */
export async function waitUntil(
  what: string,
  timeoutMs: number,
  look: () => Promise<Verdict> | Verdict,
  signal?: AbortSignal,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    signal?.throwIfAborted();
    const verdict = await look();
    if (verdict === true) return;
    if (performance.now() >= end) throw new Error(`${what}: ${verdict} after ${String(Math.round(timeoutMs / 1000))} s`);
    await delay(pause);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  }
}
