/** One sleeper that can be woken before its time; a wake that comes while nobody sleeps ends the next sleep at once. */
export class Pause {
  #wake: (() => void) | undefined;
  #isDue = false;

  /** Sleeps `forMs` milliseconds, or less when woken. */
  async sleep(forMs: number): Promise<void> {
    if (!this.#isDue && forMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, forMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#isDue = false;
  }

  wake(): void {
    this.#isDue = true;
    this.#wake?.();
  }
}
