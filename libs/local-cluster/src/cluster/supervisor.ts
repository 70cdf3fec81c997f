import { setTimeout as delay } from 'node:timers/promises';
import { lastWords } from '../last-words.ts';
import { ManagedProcess } from '../managed-process.ts';
import { identify } from './process-identity.ts';
import { inOrder, type Row } from './row.ts';
import type { ProcessPhase, ProcessState } from './state-file.ts';

/** A child that dies is started again after 100 ms, then twice that, … at most 5 s; one that lived for 10 s begins anew. */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
const LIVED_LONG_MS = 10_000;
/** While the cluster starts for the first time, a row may die twice (a peer not there yet), not for ever. */
const DEATHS_WHILE_STARTING = 2;
/** sysexits.h EX_CONFIG: trying again won't mend a configuration. */
const EX_CONFIG = 'ended with exit code 78';

interface Charge {
  readonly row: Row;
  process: ManagedProcess | undefined;
  phase: ProcessPhase;
  why: string | undefined;
  restarts: number;
  logFile: string;
}

/** What the supervisor tells about its work. */
export interface SupervisorEvents {
  /** Anything changed; called often. */
  readonly changed: (processes: readonly ProcessState[]) => void;
  /** One line worth keeping: a child died, was started again. */
  readonly say: (line: string) => void;
}

/** Starts a table of processes in order of dependency, keeps them running, stops them in reverse. */
export class Supervisor {
  readonly #charges: readonly Charge[];
  readonly #events: SupervisorEvents;
  readonly #stopping = new AbortController();
  readonly #keepers: Promise<void>[] = [];
  #starts: Promise<unknown> = Promise.resolve();

  constructor(rows: readonly Row[], events: SupervisorEvents) {
    this.#events = events;
    this.#charges = inOrder(rows).map((row) => ({ row, process: undefined, phase: 'waiting', why: undefined, restarts: 0, logFile: '' }));
  }

  /** Resolves when every row is ready. @throws Error the first reason why one is not; what was started is still running then: call stop. */
  async start(): Promise<void> {
    const failed = new AbortController();
    const ready = new Map<string, Promise<void>>();
    for (const charge of this.#charges) {
      const before = charge.row.after.map((name) => ready.get(name)).filter((promise) => promise !== undefined);
      ready.set(
        charge.row.name,
        Promise.all(before).then(() => this.#startFirst(charge, failed.signal)),
      );
    }
    const all = [...ready.values()];
    this.#starts = Promise.allSettled(all);
    try {
      await Promise.all(all);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
    for (const charge of this.#charges) this.#keepers.push(this.#keep(charge));
  }

  /** Stops all in reverse order; returns when every process is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the cluster is stopping'));
    const ranks = [...new Set(this.#charges.map(({ row }) => row.stopRank))].sort((a, b) => b - a);
    for (const rank of ranks) {
      await Promise.all(
        this.#charges
          .filter(({ row }) => row.stopRank === rank)
          .map(async (charge) => {
            await charge.process?.stop();
            this.#set(charge, 'stopped');
          }),
      );
    }
    await this.#starts;
    await Promise.allSettled(this.#keepers);
  }

  /** All processes as they are now. */
  states(): ProcessState[] {
    return this.#charges.map(({ row, process, phase, why, restarts, logFile }) => {
      const identity = process?.pid === undefined ? undefined : identify(process.pid);
      return {
        name: row.name,
        zone: row.zone,
        ...(row.region === undefined ? {} : { region: row.region }),
        ports: row.ports,
        state: phase,
        ...(identity === undefined ? {} : { process: identity }),
        ...(why === undefined ? {} : { why }),
        restarts,
        logFile,
      };
    });
  }

  async #startFirst(charge: Charge, failed: AbortSignal): Promise<void> {
    const { row } = charge;
    for (let deaths = 0; ; deaths++) {
      failed.throwIfAborted();
      this.#stopping.signal.throwIfAborted();
      try {
        await this.#startOnce(charge, charge.row.readyTimeoutMs);
        return;
      } catch (error) {
        const why = messageOf(error);
        this.#events.say(why);
        if (deaths >= DEATHS_WHILE_STARTING || why.includes(EX_CONFIG)) {
          this.#set(charge, 'stopped', why);
          throw new Error(why.startsWith(row.name) ? why : `${row.name}: ${why}`, { cause: error });
        }
        await this.#pause(FIRST_BACKOFF_MS * 2 ** deaths);
      }
    }
  }

  async #startOnce(charge: Charge, timeoutMs: number): Promise<void> {
    this.#set(charge, 'starting');
    const command = await charge.row.prepare();
    this.#stopping.signal.throwIfAborted();
    charge.logFile = command.logFile;
    const process = new ManagedProcess(command);
    charge.process = process;
    const started = process.start(timeoutMs);
    this.#set(charge, 'starting');
    await started;
    await charge.row.settle?.();
    this.#set(charge, 'ready');
  }

  /** Watches a process that is ready and starts it again whenever it ends, until the supervisor stops. */
  async #keep(charge: Charge): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    let since = performance.now();
    while (!this.#isStopping()) {
      const how = await charge.process?.ended;
      if (this.#isStopping()) return;
      if (performance.now() - since > LIVED_LONG_MS) backoffMs = FIRST_BACKOFF_MS;
      const why = how === undefined ? 'could not be started' : explained(how, charge.logFile);
      charge.restarts += 1;
      this.#set(charge, 'restarting', why);
      this.#events.say(`${charge.row.name} ${why}; starting it again in ${String(backoffMs)} ms`);
      await this.#pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      since = performance.now();
      // However long: a healthy process that waits for a peer is not to be killed for it.
      await this.#startOnce(charge, Infinity).catch((error: unknown) => {
        this.#events.say(messageOf(error));
      });
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #set(charge: Charge, phase: ProcessPhase, why?: string): void {
    charge.phase = phase;
    charge.why = why;
    this.#events.changed(this.states());
  }
}

/** Whoever was killed had no last words. */
function explained(how: string, logFile: string): string {
  return how.includes('SIGKILL') ? how : `${how}: ${lastWords(logFile)}`;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Object && 'message' in error ? String(error.message) : String(error);
}
