import pg from 'pg';
import { fail } from '@trent/errors';
import { connectionConfig, type ConnectionOptionsOfRole } from './connection-config.ts';
import { PooledClient } from './pooled-client.ts';
import { mayRunAgain, remainingMs, storeTimeout } from './sql-errors.ts';
import { runTransaction, type Isolation, type Transaction } from './transaction.ts';

/** Time for a statement whose caller gives no deadline. */
export const DEFAULT_PATIENCE_MS = 5_000;
/** Server-side backstop behind the deadlines: no statement of a service takes longer. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** A process that hangs inside a transaction (SIGSTOP, lost network) must not hold its locks for long. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Bound of the queue for connections, a connection: at 2 ms a transaction it is drained within 130 ms. */
const MAX_WAITING_PER_CONNECTION = 64;

/** Where the database is and how it is used. */
export interface DatabaseOptions extends ConnectionOptionsOfRole {
  /** Connections, at most. Default 8. */
  readonly pool?: number;
  /** Told of connections that broke while idle. */
  readonly onConnectionLost?: (error: unknown) => void;
}

/** What a statement gave. */
export interface Result<Row> {
  readonly rows: Row[];
  /** Rows returned or changed. */
  readonly rowCount: number;
}

/** Settings of one call. */
export interface QueryOptions {
  /** On the scale of performance.now(); default: DEFAULT_PATIENCE_MS from now. */
  readonly deadline?: number;
  /** Name of a prepared statement, for constant texts on hot roads. */
  readonly name?: string;
}

/** Settings of one transaction. */
export interface TransactionOptions {
  readonly deadline?: number;
  /** Default: read committed. */
  readonly isolation?: Isolation;
  /** How often `work` may run when the server asks for a repeat (serialisation failure, deadlock). Default 1. */
  readonly attempts?: number;
}

/** Figures for gauges. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** A pool of connections with deadlines. Columns of type bigint are read as `bigint`. */
export interface Database {
  /** Runs one statement on its own. @throws TrentError DependencyTimeoutException when the store is not reached in time */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[], options?: QueryOptions): Promise<Result<Row>>;
  /** Runs `work` inside a transaction, commits when it resolves, rolls back when it rejects (and rejects with its reason). */
  transaction<R>(work: (tx: Transaction) => Promise<R>, options?: TransactionOptions): Promise<R>;
  state(): PoolState;
  /** Waits for running work, then closes all connections. */
  close(): Promise<void>;
}

/** Opens a pool. Connects at first use, and again by itself after losses. */
export function openDatabase(options: DatabaseOptions): Database {
  return new PooledDatabase(options);
}

class PooledDatabase implements Database {
  readonly #pool: pg.Pool;
  readonly #maxWaiting: number;

  constructor(options: DatabaseOptions) {
    const max = options.pool ?? 8;
    this.#maxWaiting = max * MAX_WAITING_PER_CONNECTION;
    this.#pool = new pg.Pool({
      ...connectionConfig(options),
      Client: PooledClient as unknown as new () => pg.ClientBase,
      max,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      pipeline: true,
    });
    this.#pool.on('error', (error) => options.onConnectionLost?.(error));
  }

  async query<Row>(text: string, values: readonly unknown[] = [], options: QueryOptions = {}): Promise<Result<Row>> {
    const deadline = options.deadline ?? performance.now() + DEFAULT_PATIENCE_MS;
    return this.#withClient(deadline, async (client) =>
      client.run<Row>({ text, values, ...(options.name === undefined ? {} : { name: options.name }) }, deadline),
    );
  }

  async transaction<R>(work: (tx: Transaction) => Promise<R>, options: TransactionOptions = {}): Promise<R> {
    const deadline = options.deadline ?? performance.now() + DEFAULT_PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withClient(deadline, async (client) => runTransaction(client, work, deadline, options.isolation));
      } catch (error) {
        if (attempt >= (options.attempts ?? 1) || !mayRunAgain(error)) throw error;
      }
    }
  }

  state(): PoolState {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Lends a connection; one on which anything but a statement failed is not used again. */
  async #withClient<R>(deadline: number, use: (client: PooledClient) => Promise<R>): Promise<R> {
    if (this.#pool.waitingCount >= this.#maxWaiting) fail('ThrottlingException', 'Rate exceeded');
    const client = await this.#connect(deadline);
    const silence = (): void => undefined;
    client.on('error', silence);
    let isBroken = true;
    try {
      const result = await use(client);
      isBroken = false;
      return result;
    } catch (error) {
      isBroken = client.isCut || client.getTransactionStatus() !== 'I';
      throw error;
    } finally {
      client.removeListener('error', silence);
      if (isBroken) client.cut();
      client.release(isBroken);
    }
  }

  /** A connection by the deadline; one that comes too late goes back unused. */
  async #connect(deadline: number): Promise<PooledClient & { release: (destroy?: boolean) => void }> {
    const patienceMs = remainingMs(deadline, performance.now());
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(storeTimeout());
      }, patienceMs);
      this.#pool.connect().then(
        (client) => {
          clearTimeout(timer);
          if (isLate) client.release();
          else resolve(client as unknown as PooledClient & { release: (destroy?: boolean) => void });
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(storeTimeout(error));
        },
      );
    });
  }
}
