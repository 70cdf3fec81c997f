import { fail } from '@trent/errors';
import type { Session } from '@trent/pkcs11';

/** Longest queue: ten RSA-4096 key generations take half a minute, and no caller waits longer. */
const MAX_WAITING = 16;

/** A PKCS#11 session for work that goes off the event loop: it carries one operation at a time, so users of it take turns. */
export class Turns {
  readonly #session: Session;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Runs the work when those before it are done. @throws ThrottlingException when too many wait */
  async run<R>(work: (session: Session) => Promise<R>): Promise<R> {
    if (this.#waiting >= MAX_WAITING) fail('ThrottlingException');
    this.#waiting += 1;
    const mine = this.#last.then(() => work(this.#session));
    this.#last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
    }
  }

  get waiting(): number {
    return this.#waiting;
  }
}
