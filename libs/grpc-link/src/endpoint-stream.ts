import { Batcher, FairQueue, MAX_BATCH_BYTES, MAX_BATCH_ITEMS } from '@trent/stream-batcher';
import { Client } from '@grpc/grpc-js';
import { endpointName } from '@trent/bootstrap';
import { channelOptions } from './channel-options.ts';
import { hashOf } from './rendezvous.ts';
import type { ChannelCredentials, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Endpoint, MethodDefinition } from '@trent/bootstrap';
import type { BatchItem, BatchResult } from '@trent/stream-batcher';
import type { PendingCall, SentBatch } from './pending-call.ts';

/** Items in flight on one endpoint: eight full batches keep it busy, more only wait there instead of here. */
export const FAST_CREDIT = 512;
/** A slow item takes milliseconds to seconds; more than this would only queue at the other side. */
export const SLOW_CREDIT = 64;
/**
 * Batches without any result yet: while one is out, items gather for the next (as Nagle's algorithm does, RFC 896), so that batches grow with the
 * load and a lone item waits for nothing. Measured with 64 calls in flight: 6 items a batch without it, 20 with it.
 */
const OUT_AT_ONCE = 1;
/** So many leave all the same: beyond it a larger batch saves little. */
const ENOUGH_ITEMS = 32;
/** A batch without a result for so long holds up the next no more: all its items may be slow ones. */
const OUT_AT_MOST_MS = 5;
/** Items of a class that wait for credit on one endpoint. */
const MAX_WAITING = 1024;
/** An endpoint that has been silent this long with work in hand gets no more while another is there. */
const SUSPECT_AFTER_MS = 400;
/** A deadline that is never is an hour on the wire. */
const MAX_TIMEOUT_MS = 3_600_000;

/** A batched method as its client needs it: messages of items, messages of results; the public contract has no `draining`. */
export type BatchMethod<Item, Result> = Pick<
  MethodDefinition<{ items: Item[] }, { results: Result[]; draining?: boolean }>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>;

/** What becomes of a stream. */
export interface StreamEvents<Item extends BatchItem, Result extends BatchResult> {
  /** The other side has accepted the stream. */
  onOpen(stream: EndpointStream<Item, Result>): void;
  /** The other side wants no new items: what has not been sent must go elsewhere. */
  onDraining(stream: EndpointStream<Item, Result>, unsent: PendingCall<Item, Result>[]): void;
  /** The stream is over: what was sent may or may not have been done. */
  onClosed(
    stream: EndpointStream<Item, Result>,
    left: {
      readonly unsent: PendingCall<Item, Result>[];
      readonly sent: PendingCall<Item, Result>[];
      readonly error: ServiceError | undefined;
    },
  ): void;
  /** A batch has left. */
  onSent(stream: EndpointStream<Item, Result>, items: number): void;
  /** Results have come; the first took this long. */
  onResults(results: number, firstMs: number): void;
}

/** One stream to one endpoint, from opening to its end. */
export class EndpointStream<Item extends BatchItem, Result extends BatchResult> {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly seed: number;
  readonly #events: StreamEvents<Item, Result>;
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<{ items: Item[] }, { results: Result[]; draining?: boolean }>;
  readonly #batcher: Batcher<PendingCall<Item, Result>>;
  readonly #inFlight = new Map<number, PendingCall<Item, Result>>();
  #out: SentBatch[] = [];
  /** For credit, by class: accounts take turns, so that one's flood is not another's queue. */
  readonly #waiting = { fast: new FairQueue<PendingCall<Item, Result>>(), slow: new FairQueue<PendingCall<Item, Result>>() };
  #state: 'opening' | 'open' | 'draining' | 'closed' = 'opening';
  #nextId = 1;
  #fastTaken = 0;
  #slowTaken = 0;
  #heardAt = 0;
  #error: ServiceError | undefined;

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
    this.endpoint = endpoint;
    this.name = endpointName(endpoint);
    this.seed = hashOf(this.name);
    this.#events = events;
    this.#batcher = new Batcher({
      maxItems: MAX_BATCH_ITEMS,
      maxBytes: MAX_BATCH_BYTES,
      sizeOf: (call) => options.sizeOf(call.item),
      window: OUT_AT_ONCE,
      enough: ENOUGH_ITEMS,
      ...(options.inHand && { inHand: options.inHand }),
      flush: (calls) => this.#flush(calls),
    });
    this.#client = new Client(this.name, options.credentials, channelOptions);
    const { path, requestSerialize, responseDeserialize } = options.method;
    this.#stream = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.#stream.on('metadata', () => this.#open());
    this.#stream.on('data', (message: { results: Result[]; draining?: boolean }) => this.#receive(message));
    this.#stream.on('error', (error: ServiceError) => (this.#error = error));
    this.#stream.on('status', () => this.#close());
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Calls that have not been answered yet. */
  get load(): number {
    return this.#fastTaken + this.#slowTaken + this.#waitingCalls;
  }

  /** True when a call would leave with the next batch. */
  hasCredit(slow: boolean): boolean {
    return slow ? this.#slowTaken < SLOW_CREDIT : this.#fastTaken < FAST_CREDIT;
  }

  /** True when the endpoint has work in hand and has been silent for long. */
  isSuspect(now: number): boolean {
    return this.#fastTaken > 0 && now - this.#heardAt > SUSPECT_AFTER_MS;
  }

  /** Takes a call. When too many wait already it gives one back that must be refused: the last of the account that has most waiting. */
  offer(call: PendingCall<Item, Result>, now: number): PendingCall<Item, Result> | undefined {
    if (this.hasCredit(call.isSlow)) {
      this.#take(call, now);
      return undefined;
    }
    const waiting = this.#waitingOf(call.isSlow);
    waiting.push(call.account, call);
    return waiting.length > MAX_WAITING ? waiting.dropFromLongest() : undefined;
  }

  /** Tells calls whose time has passed; those that waited for credit for too long are given back. Runs every few milliseconds. */
  sweep(now: number, maxQueueMs: number): PendingCall<Item, Result>[] {
    for (const call of this.#inFlight.values()) call.expire(now);
    const overdue: PendingCall<Item, Result>[] = [];
    const mayWait = (call: PendingCall<Item, Result>): boolean => {
      if (call.expire(now)) return false;
      if (now - call.queuedAt <= maxQueueMs) return true;
      overdue.push(call);
      return false;
    };
    if (this.#waitingCalls > 0) for (const waiting of [this.#waiting.fast, this.#waiting.slow]) waiting.filter(mayWait);
    this.#forgetLate(now);
    return overdue;
  }

  #forgetLate(now: number): void {
    for (const batch of this.#out) if (now - batch.sentAt > OUT_AT_MOST_MS) this.#isBack(batch);
    this.#out = this.#out.filter(({ isOut }) => isOut);
  }

  #isBack(batch: SentBatch): void {
    if (!batch.isOut) return;
    batch.isOut = false;
    this.#batcher.done();
  }

  /** Sends no more; ends when the last result has come. */
  finish(): void {
    if (this.#state !== 'open' && this.#state !== 'draining') {
      this.cancel();
      return;
    }
    this.#state = 'draining';
    this.#endIfIdle();
  }

  /** Gives the stream up. */
  cancel(): void {
    this.#stream.cancel();
    this.#close();
  }

  /** Figures for /debug/state. */
  state(): Readonly<Record<string, unknown>> {
    return {
      endpoint: this.name,
      zone: this.endpoint.zone,
      state: this.#state,
      inFlight: this.#inFlight.size,
      fastCreditLeft: FAST_CREDIT - this.#fastTaken,
      slowCreditLeft: SLOW_CREDIT - this.#slowTaken,
      waiting: this.#waitingCalls,
    };
  }

  #open(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#events.onOpen(this);
  }

  #take(call: PendingCall<Item, Result>, now: number): void {
    if (call.isSlow) this.#slowTaken++;
    else {
      if (this.#fastTaken === 0) this.#heardAt = now; // silence counts from the first item in hand
      this.#fastTaken++;
    }
    this.#batcher.push(call);
  }

  #release(call: PendingCall<Item, Result>): void {
    if (call.isSlow) this.#slowTaken--;
    else this.#fastTaken--;
  }

  #flush(calls: PendingCall<Item, Result>[]): void {
    const now = performance.now();
    const items: Item[] = [];
    const batch: SentBatch = { sentAt: now, isOut: true };
    for (const call of calls) {
      if (call.settled || call.expire(now)) {
        this.#release(call);
        continue;
      }
      const { item } = call;
      item.id = this.#nextId;
      item.timeoutMs = Math.ceil(Math.min(call.deadline - now, MAX_TIMEOUT_MS));
      this.#inFlight.set(this.#nextId, call);
      this.#nextId = (this.#nextId + 1) >>> 0 || 1; // uint32, and 0 means none
      call.batch = batch;
      items.push(item);
    }
    if (items.length === 0) {
      this.#batcher.done();
      if (this.#state === 'draining') this.#endIfIdle();
      return;
    }
    this.#out.push(batch);
    this.#stream.write({ items });
    if (calls.every(({ isSlow }) => isSlow)) this.#isBack(batch); // its results come when they come
    this.#events.onSent(this, items.length);
  }

  #receive(message: { results: Result[]; draining?: boolean }): void {
    const now = performance.now();
    this.#heardAt = now;
    let firstMs = -1;
    for (const result of message.results) {
      const call = this.#inFlight.get(result.id);
      if (call === undefined) continue;
      this.#inFlight.delete(result.id);
      this.#release(call);
      if (call.batch !== undefined) {
        if (firstMs < 0) firstMs = now - call.batch.sentAt;
        if (call.batch.isOut) this.#isBack(call.batch);
      }
      call.succeed(result);
    }
    if (firstMs >= 0) this.#events.onResults(message.results.length, firstMs);
    if (this.#waitingCalls > 0) this.#admitWaiting(now);
    if (message.draining === true && this.#state === 'open') this.#drain();
    if (this.#state === 'draining') this.#endIfIdle();
  }

  #admitWaiting(now: number): void {
    for (const isSlow of [false, true]) {
      const waiting = this.#waitingOf(isSlow);
      while (this.hasCredit(isSlow)) {
        const call = waiting.shift();
        if (call === undefined) break;
        if (!call.settled) this.#take(call, now);
      }
    }
  }

  get #waitingCalls(): number {
    return this.#waiting.fast.length + this.#waiting.slow.length;
  }

  #waitingOf(isSlow: boolean): FairQueue<PendingCall<Item, Result>> {
    return isSlow ? this.#waiting.slow : this.#waiting.fast;
  }

  #drain(): void {
    this.#state = 'draining';
    this.#events.onDraining(this, this.#takeUnsent());
  }

  #endIfIdle(): void {
    if (this.#inFlight.size === 0 && this.#batcher.length === 0 && this.#waitingCalls === 0) this.#stream.end();
  }

  #takeUnsent(): PendingCall<Item, Result>[] {
    const batched = this.#batcher.takeAll();
    for (const call of batched) this.#release(call);
    const unsent = batched.filter((call) => !call.settled);
    for (const waiting of [this.#waiting.fast, this.#waiting.slow])
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) if (!call.settled) unsent.push(call);
    return unsent;
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const unsent = this.#takeUnsent();
    const sent = [...this.#inFlight.values()].filter((call) => !call.settled);
    this.#inFlight.clear();
    this.#client.close();
    this.#events.onClosed(this, { unsent, sent, error: this.#error });
  }
}
