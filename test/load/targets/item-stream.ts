import { Metadata, type Client, type ClientDuplexStream } from '@grpc/grpc-js';
import { Batcher, estimateBytes, MAX_BATCH_BYTES, MAX_BATCH_ITEMS, WRITE_WINDOW } from '@trent/stream-batcher';

/** A batched method, of which a client needs this much. */
export interface BatchMethod<Item, Result> {
  readonly path: string;
  readonly requestSerialize: (request: { items: Item[] }) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => { results: Result[] };
}

interface Waiting<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** One stream of batches: what is asked in one turn of the event loop leaves as one message; answers find their question by id. */
export class ItemStream<Item extends { id: number }, Result extends { id: number }> {
  readonly #waiting = new Map<number, Waiting<Result>>();
  readonly #stream: ClientDuplexStream<{ items: Item[] }, { results: Result[] }>;
  readonly #batcher: Batcher<Item>;
  #lastId = 0;
  #ended: Error | undefined;

  constructor(client: Client, method: BatchMethod<Item, Result>) {
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    this.#stream = stream;
    this.#batcher = new Batcher<Item>({
      maxItems: MAX_BATCH_ITEMS,
      maxBytes: MAX_BATCH_BYTES,
      sizeOf: estimateBytes,
      window: WRITE_WINDOW,
      flush: (items) => stream.write({ items }, () => this.#batcher.done()),
    });
    stream.on('data', ({ results }: { results: Result[] }) => {
      for (const result of results) this.#settle(result);
    });
    stream.on('error', (error: Error) => this.#fail(error));
    stream.on('end', () => this.#fail(new Error('the stream has ended')));
  }

  /** The item's `id` is filled in. */
  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      item.id = ++this.#lastId;
      this.#waiting.set(item.id, { resolve, reject });
      this.#batcher.push(item);
    });
  }

  close(): void {
    this.#stream.end();
  }

  #settle(result: Result): void {
    this.#waiting.get(result.id)?.resolve(result);
    this.#waiting.delete(result.id);
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
