import { EndpointStream } from './endpoint-stream.ts';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Endpoint } from '@trent/bootstrap';
import type { BatchItem, BatchResult } from '@trent/stream-batcher';
import type { BatchMethod, StreamEvents } from './endpoint-stream.ts';

/** Pauses between attempts: a restarted process is found within a second, a dead one costs one attempt a second. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** How long an endpoint may take to accept a stream. */
const OPEN_WITHIN_MS = 3_000;

/** Keeps one endpoint connected: a stream, and after its end the next, with growing pauses while it does not open. */
export class EndpointSlot<Item extends BatchItem, Result extends BatchResult> {
  readonly #endpoint: Endpoint;
  readonly #options: {
    readonly method: BatchMethod<Item, Result>;
    readonly credentials: ChannelCredentials;
    readonly sizeOf: (item: Item) => number;
    readonly inHand: (() => number) | undefined;
  };
  readonly #events: StreamEvents<Item, Result>;
  readonly #streams = new Set<EndpointStream<Item, Result>>();
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    endpoint: Endpoint,
    options: {
      readonly method: BatchMethod<Item, Result>;
      readonly credentials: ChannelCredentials;
      readonly sizeOf: (item: Item) => number;
      readonly inHand: (() => number) | undefined;
    },
    events: StreamEvents<Item, Result>,
  ) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#events = events;
    this.#connect();
  }

  /** Streams that are not over: at most one that takes items, and those that drain. */
  get streams(): ReadonlySet<EndpointStream<Item, Result>> {
    return this.#streams;
  }

  /** Sends no more and ends when the last result has come. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stream of this.#streams) stream.finish();
  }

  #connect(): void {
    const opening = setTimeout(() => stream.cancel(), OPEN_WITHIN_MS).unref();
    const stream: EndpointStream<Item, Result> = new EndpointStream(this.#endpoint, this.#options, {
      ...this.#events,
      onOpen: (opened) => {
        clearTimeout(opening);
        this.#pauseMs = FIRST_PAUSE_MS;
        this.#events.onOpen(opened);
      },
      onDraining: (draining, unsent) => {
        this.#events.onDraining(draining, unsent);
        this.#connectLater(); // the next process may listen on the same address before this one has ended
      },
      onClosed: (closed, left) => {
        clearTimeout(opening);
        this.#streams.delete(closed);
        this.#events.onClosed(closed, left);
        if (this.#streams.size === 0) this.#connectLater();
      },
    });
    this.#streams.add(stream);
  }

  #connectLater(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const pauseMs = this.#pauseMs * (0.75 + Math.random() / 2); // clients of one server don't come back all at once
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#closed) this.#connect();
    }, pauseMs).unref();
  }
}
