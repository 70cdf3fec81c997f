import { setTimeout as delay } from 'node:timers/promises';

/** Runs `work` now and then every so often, until the signal; what it throws goes to `onError`. */
export async function repeat(
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch(onError);
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
