import { Metadata } from '@grpc/grpc-js';
import { trentError } from '@trent/errors';
import { Batcher, MAX_BATCH_BYTES, MAX_BATCH_ITEMS, WRITE_WINDOW } from './batcher.ts';
import { estimateBytes } from './estimate-bytes.ts';
import type { FairTurns, Runnable } from './fair-turns.ts';
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';

/** One item of a batch as it arrives. */
export interface BatchItem {
  id: number;
  /** What is left of its time; 0: the server's default. */
  timeoutMs: number;
}

/** The result of an item. */
export interface BatchResult {
  id: number;
}

/** What a handler may know of an item's surroundings. */
export interface ItemContext {
  /** When the result is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/** A bidirectional gRPC call whose messages are batches. */
export type BatchCall<Item, Result> = ServerDuplexStream<{ items: Item[] }, { results: Result[]; draining: boolean }>;

/** How a stream of batches is served. */
export interface ServeOptions<Item, Result> {
  /** Aborts when the process drains: the other side is told to send no more. */
  readonly signal: AbortSignal;
  /**
   * A stream is accepted when this says so; until then its client takes other replicas. An open stream of a process that is ready no more (its
   * lease has run out) is told to send no more, so that its items go elsewhere, and what it has sent already waits for a moment.
   */
  readonly isReady?: () => boolean;
  /** The result of an item that failed: past its deadline, too many at once, or whatever the handler threw. */
  readonly onError: (item: Item, error: unknown) => Result;
  /** How long items wait for a process to be ready again, in milliseconds. */
  readonly holdMs?: number;
  /** Items in progress on this stream; more get ThrottlingException. */
  readonly maxInFlight?: number;
  /** Time of an item that names none. */
  readonly defaultTimeoutMs?: number;
  /** Bytes of a result on the wire, so that a batch stays within 64 KiB; estimated without it. */
  readonly sizeOf?: (result: Result) => number;
  /** Shares the process among accounts; all its streams have the same one. Without it items run as they come. */
  readonly fair?: { readonly turns: FairTurns; readonly accountOf: (item: Item) => string };
  /** Hears how many items came in one message. */
  readonly onBatch?: (items: number) => void;
}

/** More than a link's whole credit, so only a client without credit meets it. */
const MAX_IN_FLIGHT = 1024;
const DEFAULT_TIMEOUT_MS = 3_000;
/** How often a process is asked whether it is ready. */
const READY_EVERY_MS = 20;
/** How long items wait for a process to be ready again: a lease that lapsed because the process got no CPU is renewed within milliseconds. */
const HOLD_MS = 1_000;

/** Makes the handler of a bidirectional method, typed by the method: `batchStream((call) => serveBatchStream(call, …))`. */
export function batchStream<Request, Response>(
  serve: (call: ServerDuplexStream<Request, Response>) => void,
): handleBidiStreamingCall<Request, Response> {
  return serve;
}

/**
 * Serves a stream of batches: each item is handled on its own and answered in any order, results of one turn leave as one message. A handler
 * that returns its result at once costs less than one that returns a promise.
 */
export function serveBatchStream<Item extends BatchItem, Result extends BatchResult>(
  call: BatchCall<Item, Result>,
  handle: (item: Item, context: ItemContext) => Result | Promise<Result>,
  options: ServeOptions<Item, Result>,
): void {
  new BatchStream(call, handle, options).start();
}

class BatchStream<Item extends BatchItem, Result extends BatchResult> {
  readonly #call: BatchCall<Item, Result>;
  readonly #handle: (item: Item, context: ItemContext) => Result | Promise<Result>;
  readonly #options: ServeOptions<Item, Result>;
  readonly #maxInFlight: number;
  readonly #defaultTimeoutMs: number;
  readonly #results: Batcher<Result>;
  #inFlight = 0;
  #held = 0;
  #unwritten = 0;
  #ended = false;
  #closed = false;
  #stoodDown = false;

  constructor(
    call: BatchCall<Item, Result>,
    handle: (item: Item, context: ItemContext) => Result | Promise<Result>,
    options: ServeOptions<Item, Result>,
  ) {
    this.#call = call;
    this.#handle = handle;
    this.#options = options;
    this.#maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT;
    this.#defaultTimeoutMs = options.defaultTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#results = new Batcher<Result>({
      maxItems: MAX_BATCH_ITEMS,
      maxBytes: MAX_BATCH_BYTES,
      sizeOf: options.sizeOf ?? estimateBytes,
      window: WRITE_WINDOW,
      flush: (results) => this.#write({ results, draining: options.signal.aborted }),
    });
  }

  start(): void {
    const { signal } = this.#options;
    const announceDraining = (): void => this.#standDown();
    const close = (): void => {
      this.#closed = true;
      signal.removeEventListener('abort', announceDraining);
    };
    this.#call.on('data', (message: { items: Item[] }) => this.#receive(message.items));
    this.#call.on('end', () => {
      this.#ended = true;
      this.#endIfDone();
    });
    this.#call.on('cancelled', close);
    this.#call.on('error', close);
    this.#accept();
    if (signal.aborted) announceDraining();
    else signal.addEventListener('abort', announceDraining, { once: true });
  }

  /** Sends the headers, which the client takes as: the stream is accepted. A process that is not ready keeps it waiting. */
  #accept(): void {
    if (this.#closed) return;
    if (this.#options.isReady?.() === false) setTimeout(() => this.#accept(), READY_EVERY_MS).unref();
    else this.#call.sendMetadata(new Metadata());
  }

  /** Tells the client, once, to send no more on this stream. */
  #standDown(): void {
    if (this.#closed || this.#stoodDown) return;
    this.#stoodDown = true;
    this.#call.write({ results: [], draining: true }, ignore);
  }

  #receive(items: readonly Item[]): void {
    const arrivedAt = performance.now();
    this.#options.onBatch?.(items.length);
    if (this.#options.isReady?.() !== false) {
      this.#startAll(items, arrivedAt);
      return;
    }
    this.#standDown();
    if (this.#held + items.length <= this.#maxInFlight) this.#hold(items, arrivedAt);
    else this.#startAll(items, arrivedAt);
  }

  /** Until the process is ready again, or has not been for too long: then each item finds out for itself. */
  #hold(items: readonly Item[], arrivedAt: number): void {
    this.#held += items.length;
    const { isReady, holdMs = HOLD_MS } = this.#options;
    const look = (): void => {
      if (this.#closed) return; // nobody waits for them any more, and they may be on their way elsewhere
      if (isReady?.() === false && performance.now() - arrivedAt < holdMs) {
        setTimeout(look, READY_EVERY_MS);
        return;
      }
      this.#held -= items.length;
      this.#startAll(items, arrivedAt);
    };
    setTimeout(look, READY_EVERY_MS);
  }

  #startAll(items: readonly Item[], arrivedAt: number): void {
    const { fair } = this.#options;
    for (const item of items) {
      const deadline = arrivedAt + (item.timeoutMs > 0 ? item.timeoutMs : this.#defaultTimeoutMs);
      this.#inFlight++;
      if (this.#inFlight > this.#maxInFlight) this.#fail(item, trentError('ThrottlingException', 'Rate exceeded'));
      else if (fair === undefined) this.#start(item, { deadline });
      else fair.turns.submit(fair.accountOf(item), new Start(item, deadline, this.#startLater));
    }
  }

  /** When its turn has come: nobody may be waiting for it any more. */
  readonly #startLater = (item: Item, context: ItemContext): void => {
    if (this.#closed) this.#inFlight--;
    else this.#start(item, context);
  };

  #start(item: Item, context: ItemContext): void {
    if (performance.now() >= context.deadline) {
      this.#fail(item, trentError('DependencyTimeoutException'));
      return;
    }
    let result: Result | Promise<Result>;
    try {
      result = this.#handle(item, context);
    } catch (error) {
      this.#fail(item, error);
      return;
    }
    if (!isPromise(result)) {
      this.#answer(item, result);
      return;
    }
    result.then(
      (value) => this.#answer(item, value),
      (error: unknown) => this.#fail(item, error),
    );
  }

  #fail(item: Item, error: unknown): void {
    this.#answer(item, this.#options.onError(item, error));
  }

  #answer(item: Item, result: Result): void {
    this.#inFlight--;
    result.id = item.id;
    if (this.#closed) return;
    this.#results.push(result);
  }

  #write(message: { results: Result[]; draining: boolean }): void {
    if (this.#closed) return;
    this.#unwritten++;
    this.#call.write(message, this.#written);
  }

  readonly #written = (): void => {
    this.#unwritten--;
    this.#results.done();
    this.#endIfDone();
  };

  /** The client has sent its last item and has every result: the stream ends. */
  #endIfDone(): void {
    if (!this.#ended || this.#closed || this.#inFlight + this.#held > 0 || this.#unwritten > 0 || this.#results.length > 0) return;
    this.#closed = true;
    this.#call.end();
  }
}

/** An item whose turn comes; its own context, so that waiting allocates nothing more. */
class Start<Item> implements ItemContext, Runnable {
  readonly deadline: number;
  readonly #item: Item;
  readonly #start: (item: Item, context: ItemContext) => void;

  constructor(item: Item, deadline: number, start: (item: Item, context: ItemContext) => void) {
    this.#item = item;
    this.deadline = deadline;
    this.#start = start;
  }

  run(): void {
    this.#start(this.#item, this);
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

function ignore(): void {
  // a frame without results needs no accounting
}
