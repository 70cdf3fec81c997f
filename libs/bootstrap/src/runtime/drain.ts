import { bootstrapEvents } from '../log/events.ts';
import type { Logger } from '../log/logger.ts';

/** Steps of an orderly end. */
export interface Drain {
  /** Aborts when draining starts. */
  readonly signal: AbortSignal;
  /** Adds a step; steps run one after another, the last added first. Added while draining it still runs. */
  add(name: string, step: () => Promise<void> | void): void;
  /** Runs all steps within the bound; the second call waits for the first. True when every step ended well in time. */
  run(): Promise<boolean>;
}

/** How long an orderly end may take. Kubernetes gives 30 s before it kills; clients have moved on long before. */
export const DRAIN_MS = 10_000;

/** Makes an empty list of steps. */
export function createDrain(log: Logger, limitMs: number = DRAIN_MS): Drain {
  const controller = new AbortController();
  const steps: { name: string; step: () => Promise<void> | void }[] = [];
  let running: Promise<boolean> | undefined;

  async function runSteps(expired: AbortSignal): Promise<boolean> {
    let clean = true;
    for (let next = steps.pop(); next !== undefined && !expired.aborted; next = steps.pop()) {
      try {
        await next.step();
      } catch (error) {
        clean = false;
        log.error(bootstrapEvents.drainStepFailed, { name: next.name }, error);
      }
    }
    return clean;
  }

  async function runBounded(): Promise<boolean> {
    controller.abort();
    const expired = new AbortController();
    const { promise: timedOut, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => {
      log.warn(bootstrapEvents.drainTimedOut, { duration_ms: limitMs, count: steps.length });
      expired.abort();
      resolve(false);
    }, limitMs);
    try {
      return await Promise.race([runSteps(expired.signal), timedOut]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    signal: controller.signal,
    add: (name, step) => void steps.push({ name, step }),
    run: () => (running ??= runBounded()),
  };
}
