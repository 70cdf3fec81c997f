/** Runs a task again and again, `pauseMs` after its end, at once when it returns true; ends with `stop`, after the running task. */
export function every(pauseMs: number, task: () => Promise<boolean>): { stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  let isStopped = false;
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const isMoreToDo = await task();
      if (isMoreToDo || isStopped) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, pauseMs);
      });
    }
  };
  const running = loop();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      wake?.();
      await running;
    },
  };
}
