import { Socket } from 'node:net';
import pg from 'pg';
import { asStoreError, remainingMs, storeTimeout } from './sql-errors.ts';

/** A server that lets a connection wait longer is not there. (Waiting for a free connection is bounded by the caller's deadline.) */
const CONNECT_TIMEOUT_MS = 3_000;

/** What the driver needs to know of one statement. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Name of a prepared statement: planned once a connection. Only for constant texts. */
  readonly name?: string;
}

/** What the driver gave: rows, how many were returned or changed, and the command's tag (`COMMIT`, `ROLLBACK`). */
export interface Answer<Row> {
  readonly rows: Row[];
  readonly rowCount: number;
  readonly command: string;
}

/**
 * A connection that can be cut. A statement past its deadline cannot be taken back from the driver, so its connection is destroyed;
 * the server notices within CHECK_INTERVAL_MS (client_connection_check_interval) and ends the statement.
 */
export class PooledClient extends pg.Client {
  readonly #socket: Socket;
  #isCut = false;

  constructor(config?: pg.ClientConfig) {
    const socket = new Socket();
    // The pool hides the password from enumeration, so that a spread would lose it.
    super({ ...config, password: config?.password, stream: () => socket, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    this.#socket = socket;
  }

  /** True once the connection was destroyed from this side. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Destroys the connection, whatever it is doing. */
  cut(): void {
    this.#isCut = true;
    this.#socket.destroy();
  }

  /** Sends what `submit` submits in one go, as far as the socket can. */
  together<R>(submit: () => R): R {
    this.#socket.cork();
    try {
      return submit();
    } finally {
      this.#socket.uncork();
    }
  }

  /**
   * Runs one statement.
   * @param deadline on the scale of performance.now()
   * @throws TrentError DependencyTimeoutException when it is not answered by then or the connection is lost; else the server's own error
   */
  async run<Row>(statement: Statement, deadline: number): Promise<Answer<Row>> {
    const patienceMs = remainingMs(deadline, performance.now());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.cut();
        reject(storeTimeout());
      }, patienceMs);
      this.query({
        text: statement.text,
        values: [...(statement.values ?? [])],
        ...(statement.name === undefined ? {} : { name: statement.name }),
      }).then(
        (result: pg.QueryResult) => {
          clearTimeout(timer);
          resolve({ rows: result.rows as Row[], rowCount: result.rowCount ?? 0, command: result.command });
        },
        (error: unknown) => {
          clearTimeout(timer);
          const meaning = asStoreError(error);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the driver's own error, passed on as it is
          reject(meaning);
        },
      );
    });
  }
}
