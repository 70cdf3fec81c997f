import type { Client, ClientDuplexStream, Metadata, ServiceError } from '@grpc/grpc-js';
import { fromErrorDetail, fromServiceError } from '@trent/bootstrap/error-status';
import { kms } from '@trent/contracts';
import { trentError, type TrentError } from '@trent/errors';
import { Batcher, estimateBytes, MAX_BATCH_BYTES, MAX_BATCH_ITEMS, WRITE_WINDOW } from '@trent/stream-batcher';
import { DEFAULT_TIMEOUT_MS, MAX_ATTEMPTS, mayHelpToRepeat, pauseBefore, type CallOptions } from './call-options.ts';
import { rememberRequestId } from './request-ids.ts';

type Duplex = ClientDuplexStream<kms.BatchRequest, kms.BatchResponse>;

/** Half of what the server takes from a stream before it throttles; more would only wait there. */
const MAX_IN_FLIGHT = 512;
/** Deadlines are looked at this often: one timer a stream instead of one an item. */
const SWEEP_EVERY_MS = 20;
/** After a gateway has said that it goes: by then its connection takes no more streams, and the next one goes elsewhere. */
const REOPEN_AFTER_MS = 50;
const MAX_ID = 0xffff_ffff;

interface Pending {
  readonly input: NonNullable<kms.BatchItem['input']>;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: object) => void;
  readonly reject: (error: unknown) => void;
  attempts: number;
  /** Not before this moment: it failed, and is to be tried again. */
  notBefore: number;
  /** The stream that it was given to. */
  stream: Duplex | undefined;
}

/**
 * A pipelined stream of batches. What is called during one turn of the event loop leaves as one message, answers come in any order; a stream
 * that breaks is opened again, and what was on its way is repeated (all operations that a batch may hold can be). A gateway that drains answers
 * what it has; what it was not sent yet goes on the next stream.
 */
export class BatchStream {
  readonly #client: Client;
  readonly #metadata: Metadata;
  readonly #sent = new Map<number, Pending>();
  #waiting: Pending[] = [];
  /** Takes items; another may still be answering. */
  #stream: Duplex | undefined;
  readonly #streams = new Set<Duplex>();
  #openNotBefore = 0;
  #batcher: Batcher<kms.BatchItem> | undefined;
  #lastId = 0;
  #sweeping = false;
  #closed = false;

  constructor(client: Client, metadata: Metadata) {
    this.#client = client;
    this.#metadata = metadata;
  }

  /** Sends an item and gives its answer. @throws {TrentError} what the service answered, or why it did not */
  call(input: NonNullable<kms.BatchItem['input']>, { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions = {}): Promise<object> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(trentError('KMSInternalException', 'The client is closed'));
        return;
      }
      this.#submit({
        input,
        deadline: performance.now() + timeoutMs,
        signal,
        resolve,
        reject,
        attempts: 0,
        notBefore: 0,
        stream: undefined,
      });
      if (!this.#sweeping) this.#sweepLater();
    });
  }

  /** Ends the stream; items without an answer fail. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.cancel();
    const error = trentError('KMSInternalException', 'The client is closed');
    for (const pending of [...this.#sent.values(), ...this.#waiting]) pending.reject(error);
    this.#sent.clear();
    this.#waiting = [];
  }

  #submit(pending: Pending): void {
    if (this.#maySend(pending, performance.now())) this.#send(pending);
    else this.#waiting.push(pending);
  }

  #maySend({ notBefore }: Pending, now: number): boolean {
    return this.#sent.size < MAX_IN_FLIGHT && notBefore <= now && this.#openNotBefore <= now;
  }

  #send(pending: Pending): void {
    const batcher = this.#batcher ?? this.#open();
    pending.stream = this.#stream;
    this.#lastId = this.#lastId >= MAX_ID ? 1 : this.#lastId + 1;
    pending.attempts++;
    this.#sent.set(this.#lastId, pending);
    const timeoutMs = Math.max(1, Math.ceil(pending.deadline - performance.now()));
    batcher.push({ id: this.#lastId, timeoutMs, input: pending.input });
  }

  #open(): Batcher<kms.BatchItem> {
    const { path, requestSerialize, responseDeserialize } = kms.KmsServiceService.batch;
    const stream: Duplex = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, this.#metadata);
    const batcher = new Batcher<kms.BatchItem>({
      maxItems: MAX_BATCH_ITEMS,
      maxBytes: MAX_BATCH_BYTES,
      sizeOf: estimateBytes,
      window: WRITE_WINDOW,
      flush: (items) => stream.write({ items }, () => batcher.done()),
    });
    stream.on('data', ({ results, draining }: kms.BatchResponse) => {
      for (const result of results) this.#settle(result);
      if (draining) this.#leave(stream, batcher);
      this.#sendWaiting(performance.now());
    });
    stream.on('error', (error: ServiceError) => this.#lost(stream, fromServiceError(error)));
    stream.on('end', () => this.#lost(stream, trentError('KMSInternalException', 'The stream has ended')));
    this.#stream = stream;
    this.#streams.add(stream);
    this.#batcher = batcher;
    return batcher;
  }

  /** Sends no more on a stream; it ends when everything that it was sent is answered. */
  #leave(stream: Duplex, batcher: Batcher<kms.BatchItem>): void {
    if (this.#stream !== stream) return;
    this.#forget(stream);
    this.#openNotBefore = performance.now() + REOPEN_AFTER_MS;
    for (const { id } of batcher.takeAll()) {
      const pending = this.#sent.get(id);
      if (pending === undefined) continue;
      this.#sent.delete(id);
      pending.attempts--;
      this.#waiting.push(pending);
    }
    stream.end();
  }

  #forget(stream: Duplex): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#batcher = undefined;
  }

  #settle({ id, requestId, outcome }: kms.BatchResult): void {
    const pending = this.#sent.get(id);
    if (pending === undefined) return; // past its deadline, or already repeated
    this.#sent.delete(id);
    if (outcome === undefined || outcome.$case === 'error') {
      const error = outcome === undefined ? trentError('KMSInternalException') : fromErrorDetail(outcome.value);
      rememberRequestId(error, requestId);
      this.#failed(pending, error);
      return;
    }
    rememberRequestId(outcome.value, requestId);
    pending.resolve(outcome.value);
  }

  #failed(pending: Pending, error: TrentError): void {
    const notBefore = performance.now() + pauseBefore(pending.attempts, error);
    if (this.#closed || pending.attempts >= MAX_ATTEMPTS || !mayHelpToRepeat(error) || notBefore >= pending.deadline) {
      pending.reject(error);
      return;
    }
    pending.notBefore = notBefore;
    this.#waiting.push(pending);
  }

  /** The stream is over: what has no answer is tried again on the next one. */
  #lost(stream: Duplex, error: TrentError): void {
    if (!this.#streams.delete(stream)) return;
    this.#forget(stream);
    for (const [id, pending] of this.#sent) {
      if (pending.stream !== stream) continue;
      this.#sent.delete(id);
      this.#failed(pending, error);
    }
  }

  #sendWaiting(now: number): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pending of waiting) {
      if (this.#maySend(pending, now)) this.#send(pending);
      else this.#waiting.push(pending);
    }
  }

  #sweepLater(): void {
    this.#sweeping = true;
    setTimeout(() => this.#sweep(), SWEEP_EVERY_MS);
  }

  #sweep(): void {
    const now = performance.now();
    for (const [id, pending] of this.#sent) if (hasEnded(pending, now)) this.#sent.delete(id);
    this.#waiting = this.#waiting.filter((pending) => !hasEnded(pending, now));
    this.#sendWaiting(now);
    if (this.#sent.size + this.#waiting.length > 0) this.#sweepLater();
    else this.#sweeping = false;
  }
}

/** Rejects an item whose time is up or whose caller has lost interest. */
function hasEnded({ deadline, signal, reject }: Pending, now: number): boolean {
  if (signal?.aborted === true) reject(signal.reason);
  else if (now >= deadline) reject(trentError('DependencyTimeoutException'));
  else return false;
  return true;
}
