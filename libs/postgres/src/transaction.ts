import type { Result } from './database.ts';
import type { PooledClient, Statement } from './pooled-client.ts';
import { remainingMs, storeTimeout } from './sql-errors.ts';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** A transaction at work. It may not be used after its work has ended. */
export interface Transaction {
  /** On the scale of performance.now(): when the whole transaction must be done. */
  readonly deadline: number;
  query<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: { readonly name?: string },
  ): Promise<Result<Row>>;
  /**
   * The last statement, sent together with COMMIT: locks that it takes are held for no round trip of ours, even if this process is
   * stopped right here. Nothing may follow. When it rejects with DependencyTimeoutException, whether it was committed is not known.
   */
  queryAndCommit<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: { readonly name?: string },
  ): Promise<Result<Row>>;
}

/** Runs `work` between BEGIN and COMMIT on one connection. */
export async function runTransaction<R>(
  client: PooledClient,
  work: (tx: Transaction) => Promise<R>,
  deadline: number,
  isolation: Isolation = 'read committed',
): Promise<R> {
  const patienceMs = remainingMs(deadline, performance.now());
  await client.run({ text: `begin isolation level ${isolation}; set local statement_timeout = ${String(patienceMs)}` }, deadline);
  const tx = new OpenTransaction(client, deadline);
  try {
    const result = await work(tx);
    await tx.commit();
    return result;
  } catch (error) {
    await tx.rollback();
    throw error;
  }
}

class OpenTransaction implements Transaction {
  readonly deadline: number;
  readonly #client: PooledClient;
  #isOver = false;

  constructor(client: PooledClient, deadline: number) {
    this.#client = client;
    this.deadline = deadline;
  }

  async query<Row>(text: string, values: readonly unknown[] = [], options: { readonly name?: string } = {}): Promise<Result<Row>> {
    this.#refuseWhenOver();
    return this.#client.run<Row>(statement(text, values, options), this.deadline);
  }

  async queryAndCommit<Row>(text: string, values: readonly unknown[] = [], options: { readonly name?: string } = {}): Promise<Result<Row>> {
    this.#refuseWhenOver();
    this.#isOver = true;
    const [last, commit] = this.#client.together(() => [
      this.#client.run<Row>(statement(text, values, options), this.deadline),
      this.#client.run({ text: 'commit' }, this.deadline),
    ]);
    const [lastResult, commitResult] = await Promise.allSettled([last, commit]);
    if (lastResult.status === 'rejected') throw lastResult.reason;
    if (commitResult.status === 'rejected') throw commitResult.reason;
    refuseRollback(commitResult.value.command);
    return lastResult.value;
  }

  async commit(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { command } = await this.#client.run({ text: 'commit' }, this.deadline);
    refuseRollback(command);
  }

  /** Leaves a usable connection, or a broken one that the pool throws away. */
  async rollback(): Promise<void> {
    this.#isOver = true;
    if (this.#client.getTransactionStatus() === 'I') return;
    try {
      await this.#client.run({ text: 'rollback' }, performance.now() + ROLLBACK_PATIENCE_MS);
    } catch {
      this.#client.cut();
    }
  }

  #refuseWhenOver(): void {
    if (this.#isOver) throw new TypeError('the transaction is over');
  }
}

/** A server that cannot roll back within this time is not there: the connection is cut, which rolls back too. */
const ROLLBACK_PATIENCE_MS = 500;

/** COMMIT of a transaction that failed before is answered with ROLLBACK (PostgreSQL 15, COMMIT, notes). */
function refuseRollback(command: string): void {
  if (command === 'ROLLBACK') throw storeTimeout(new Error('the transaction was rolled back at commit'));
}

function statement(text: string, values: readonly unknown[], options: { readonly name?: string }): Statement {
  return { text, values, ...(options.name === undefined ? {} : { name: options.name }) };
}
