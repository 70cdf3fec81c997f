import { setTimeout as delay } from 'node:timers/promises';

/** Runs a task again and again, `pauseMs` after its end, at once when it returns true; ends with `stop`, after the running task. */
export function every(pauseMs: number, task: () => Promise<boolean>): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      const isMoreToDo = await task();
      if (!isMoreToDo) await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
