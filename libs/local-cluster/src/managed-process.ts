import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from './config.ts';
import { lastWords } from './last-words.ts';
import { waitUntil, type Verdict } from './wait-until.ts';

/** How long a process may take to end after its stop signal before it is killed. */
const STOP_GRACE_MS = 10_000;
const READY_TIMEOUT_MS = 40_000;

/** What to run: an absolute program path and everything it is given. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Run as this user (Postgres refuses root). */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What asks it to end in an orderly way; SIGTERM unless said. */
  readonly stopSignal?: NodeJS.Signals;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly ready: () => Promise<Verdict>;
}

/**
 * One child process with a life: started, ready, stopped, killed, started again.
 * The kernel sends it its stop signal should the starting process die first (prctl PR_SET_PDEATHSIG by setpriv), so nothing is left behind.
 */
export class ManagedProcess implements AsyncDisposable {
  readonly command: Command;
  #child: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve('was never started');
  #stopping = false;

  constructor(command: Command) {
    this.command = command;
  }

  /** The running child's process id. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves, with how it ended, when the present child is gone. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** Starts the child and waits until it is ready. @throws Error with its last words when it dies or stays unready for so long; nothing is left running. */
  async start(timeoutMs: number = READY_TIMEOUT_MS): Promise<void> {
    this.spawn();
    const died = new AbortController();
    void this.#ended.then((how) => {
      died.abort(new Error(`${this.command.name} ${how}: ${lastWords(this.command.logFile)}`));
    });
    try {
      await waitUntil(this.command.name, timeoutMs, this.command.ready, died.signal);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Starts the child without waiting for readiness. */
  spawn(): void {
    if (this.#child !== undefined) throw new Error(`${this.command.name} is running already`);
    const { program, args, env, folder, user, stopSignal, logFile } = this.command;
    const log = openSync(logFile, 'a', 0o600);
    const deathSignal = (stopSignal ?? 'SIGTERM').slice('SIG'.length);
    const child = spawn('/usr/bin/setpriv', ['--pdeathsig', deathSignal, program, ...args], {
      env: { ...childEnvironment(), ...env },
      stdio: ['ignore', log, log],
      ...(folder === undefined ? {} : { cwd: folder }),
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    closeSync(log);
    this.#child = child;
    this.#stopping = false;
    this.#ended = new Promise((resolve) => {
      const settle = (how: string): void => {
        this.#child = undefined;
        resolve(how);
      };
      child.once('exit', (code, signal) => {
        settle(signal === null ? `ended with exit code ${String(code)}` : `was ended by ${signal}`);
      });
      child.once('error', (error) => {
        settle(`could not be started (${error.message})`);
      });
    });
  }

  /** True between a call of stop or kill and the child's end. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Asks the child to end, kills it after the grace, returns when it is gone. */
  async stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#stopping = true;
    child.kill(this.command.stopSignal ?? 'SIGTERM');
    const patience = new AbortController();
    const slow = delay(graceMs, undefined, { signal: patience.signal }).then(
      () => child.kill('SIGKILL'),
      () => false,
    );
    await this.#ended;
    patience.abort();
    await slow;
  }

  /** kill -9, returns when it is gone. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Sends the running child a signal, for example SIGSTOP to make it hang. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
