import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** What a child says in answer to order `n`. */
export interface Reply {
  readonly n: number;
  readonly answer?: string;
  readonly error?: string;
  readonly version?: string;
  readonly closed?: true;
  readonly state?: { readonly live: boolean; readonly applied: string; readonly lapses: number; readonly hits: number };
}

/** A process of these tests: orders by number, replies in any order; orders of a dead child reject. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #ended = Promise.withResolvers<undefined>();
  #next = 0;

  constructor(program: 'item-writer' | 'item-follower', settings: object) {
    this.#process = fork(join(import.meta.dirname, `${program}.ts`), [JSON.stringify(settings)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message: Reply | { ready: true }) => {
      if ('ready' in message) this.#ready.resolve(undefined);
      else this.#settle(message);
    });
    this.#process.once('exit', () => {
      this.#ready.reject(new Error(`${program} ended`));
      this.#ready.promise.catch(() => undefined);
      for (const { reject } of this.#waiting.values()) reject(new Error(`${program} ended`));
      this.#waiting.clear();
      this.#ended.resolve(undefined);
    });
  }

  /** Resolves when the child serves. */
  async ready(): Promise<this> {
    await this.#ready.promise;
    return this;
  }

  async order(order: object): Promise<Reply> {
    const n = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject });
      this.#process.send({ ...order, n }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** kill -9, returns when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended.promise;
  }

  #settle(reply: Reply): void {
    this.#waiting.get(reply.n)?.resolve(reply);
    this.#waiting.delete(reply.n);
  }
}
