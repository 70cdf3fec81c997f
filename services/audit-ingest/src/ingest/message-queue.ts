import type { AuditMessage } from './read-message.ts';

/** Records that one commit takes: from here on a larger one is no cheaper a record. */
const ENOUGH_RECORDS = 500;
const MAX_RECORDS = 1_000;
/** How long a commit waits for more. Records show within a second; a commit of one costs as much CPU as one of fifteen. */
const LINGER_MS = 200;
/** Records held before the readers wait, so Postgres away costs no more memory than this and JetStream keeps the rest. */
const FULL_RECORDS = 4_000;

/** Messages on their way from the readers to the committer. */
export class MessageQueue {
  #messages: AuditMessage[] = [];
  #records = 0;
  #firstAt = 0;
  #closed = false;
  #wakeTaker: (() => void) | undefined;
  #wakePushers: (() => void)[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get records(): number {
    return this.#records;
  }

  /** Adds a message; resolves when there is room for another. */
  async push(message: AuditMessage): Promise<void> {
    if (this.#messages.length === 0) this.#firstAt = this.#now();
    this.#messages.push(message);
    this.#records += weightOf(message);
    this.#wakeTaker?.();
    if (this.#records >= FULL_RECORDS && !this.#closed) await new Promise<void>((resolve) => this.#wakePushers.push(resolve));
  }

  /** What the next commit takes: at least one message, after waiting for more; undefined when the queue is closed and empty. */
  async take(): Promise<readonly AuditMessage[] | undefined> {
    for (;;) {
      const patience = this.#patienceMs();
      if (patience <= 0) break;
      await this.#wait(patience);
    }
    const taken = this.#takeFirst();
    for (const wake of this.#wakePushers.splice(0)) wake();
    return taken.length === 0 ? undefined : taken;
  }

  /** What is in it may still be taken, without waiting for more. */
  close(): void {
    this.#closed = true;
    this.#wakeTaker?.();
    for (const wake of this.#wakePushers.splice(0)) wake();
  }

  #patienceMs(): number {
    if (this.#closed || this.#records >= ENOUGH_RECORDS) return 0;
    return this.#messages.length === 0 ? Infinity : this.#firstAt + LINGER_MS - this.#now();
  }

  async #wait(patienceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(patienceMs) ? setTimeout(resolve, patienceMs) : undefined;
      this.#wakeTaker = () => {
        if (this.#patienceMs() > 0 && timer !== undefined) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeTaker = undefined;
  }

  #takeFirst(): AuditMessage[] {
    let count = 0;
    let records = 0;
    for (const message of this.#messages) {
      if (count > 0 && records + weightOf(message) > MAX_RECORDS) break;
      count++;
      records += weightOf(message);
    }
    this.#records -= records;
    this.#firstAt = this.#now();
    return this.#messages.splice(0, count);
  }
}

/** An empty or unreadable message counts as one record. */
function weightOf({ records }: AuditMessage): number {
  return Math.max(1, records.length);
}
