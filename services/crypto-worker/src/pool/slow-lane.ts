import { trentError } from '@trent/errors';
import type { Session } from '@trent/pkcs11';
import { FairQueue } from '@trent/stream-batcher';

/** Jobs that wait for a session: the slow credit of four gateways. Past it the lane is overloaded, and waiting only makes it worse. */
const MAX_WAITING = 256;

/** One piece of work that takes a session for itself. */
export interface SlowJob<R> {
  /** Who waits: accounts take turns. */
  readonly account: string;
  /** When the result is no longer of use, in milliseconds of `performance.now()`: work past it is not begun. */
  readonly deadline: number;
  /** Asked again when the job is taken up: what was permitted while it waited may have ended (P7). */
  readonly stillAllowed?: () => void;
  /** PKCS#11 calls on the session's pool side; the session is the job's alone until the promise settles. */
  readonly run: (session: Session) => Promise<R>;
}

interface Waiting {
  readonly deadline: number;
  readonly start: (session: Session) => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Work of milliseconds, off the event loop: a few sessions, each with one job at a time, the rest in a bounded queue in which accounts take turns. So a key
 * generation or an RSA signature never stands before a Decrypt, and an account's many before another's few.
 */
export class SlowLane {
  readonly #free: Session[];
  readonly #size: number;
  readonly #monotonicMs: () => number;
  readonly #begun = new Map<Session, number>();
  readonly #waiting = new FairQueue<Waiting>();

  /** @param sessions logged in, of the lane alone; they live as long as the process, and the objects made in them with them */
  constructor(sessions: readonly Session[], monotonicMs: () => number) {
    this.#free = [...sessions];
    this.#size = sessions.length;
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Runs a job when a session is free.
   * @throws ThrottlingException when too many wait, and of all accounts this one has most; DependencyTimeoutException when the deadline passed while it waited; what the job throws
   */
  run<R>({ account, deadline, stillAllowed, run }: SlowJob<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const start = (session: Session): void => {
        this.#begun.set(session, this.#monotonicMs());
        begin(session, stillAllowed, run)
          .finally(() => this.#release(session))
          .then(resolve, reject);
      };
      const session = this.#free.pop();
      if (session !== undefined) {
        start(session);
        return;
      }
      this.#waiting.push(account, { deadline, start, refuse: reject });
      if (this.#waiting.length > MAX_WAITING) this.#waiting.dropFromLongest()?.refuse(trentError('ThrottlingException', 'Rate exceeded'));
    });
  }

  /** How long the oldest running job has run: a hung C call cannot be cancelled, only noticed. */
  longestRunMs(): number {
    const now = this.#monotonicMs();
    return Math.max(0, ...[...this.#begun.values()].map((since) => now - since));
  }

  state(): { readonly sessions: number; readonly running: number; readonly waiting: number } {
    return { sessions: this.#size, running: this.#begun.size, waiting: this.#waiting.length };
  }

  #release(session: Session): void {
    this.#begun.delete(session);
    const now = this.#monotonicMs();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (now < next.deadline) {
        next.start(session);
        return;
      }
      next.refuse(trentError('DependencyTimeoutException', 'The system timed out while trying to fulfill the request.'));
    }
    this.#free.push(session);
  }
}

async function begin<R>(session: Session, stillAllowed: (() => void) | undefined, run: (session: Session) => Promise<R>): Promise<R> {
  stillAllowed?.();
  return run(session);
}
