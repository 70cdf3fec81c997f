import { endpointName } from '@trent/bootstrap';
import { trentError } from '@trent/errors';
import { estimateBytes } from '@trent/stream-batcher';
import { EndpointSlot } from './endpoint-slot.ts';
import { followEndpoints } from './endpoint-set.ts';
import { linkEvents } from './link-events.ts';
import { createLinkMetrics } from './link-metrics.ts';
import { PendingCall } from './pending-call.ts';
import { chooseOfTwo } from './rendezvous.ts';
import { RetryBudget } from './retry-budget.ts';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Endpoint, ServiceRuntime } from '@trent/bootstrap';
import type { BatchItem, BatchResult } from '@trent/stream-batcher';
import type { EndpointSet, Resolve } from './endpoint-set.ts';
import type { BatchMethod, EndpointStream, StreamEvents } from './endpoint-stream.ts';
import type { LinkMetrics } from './link-metrics.ts';
import type { CallOptions } from './pending-call.ts';

/** What a link is made of. */
export interface BatchLinkOptions<Item, Result> {
  /** Name in logs and metrics: the service at the other end. */
  readonly name: string;
  /** Definition of the batched method, as generated. */
  readonly method: BatchMethod<Item, Result>;
  readonly endpoints: readonly Endpoint[];
  /** Zone of this process: its endpoints come first. */
  readonly zone: string;
  readonly credentials: ChannelCredentials;
  /** Logs, metrics, state and drain go there; a link without one is closed by its owner. */
  readonly runtime?: ServiceRuntime;
  /** Bytes of an item on the wire; estimated without it. */
  readonly sizeOf?: (item: Item) => number;
  readonly resolve?: Resolve;
  /** Requests that this process has in hand: with many, small batches wait a little for more (stream-batcher's Patience). */
  readonly inHand?: () => number;
}

/** Calls of one batched method on the replicas of a service. */
export interface BatchLink<Item, Result> {
  /**
   * Sends an item and gives its result, whatever the result says; `id` and `timeoutMs` are filled in, the object is the link's until then.
   * @throws {TrentError} ThrottlingException when it waited 100 ms or too many wait, DependencyTimeoutException past the deadline,
   * KMSInternalException when no endpoint answers or the transport was lost
   */
  call(item: Item, options: CallOptions): Promise<Result>;
  /** True, or a sentence that says why no call can be made. */
  readonly ready: () => true | string;
  state(): unknown;
  /** Takes no more calls, waits for those in flight and disconnects. */
  close(): Promise<void>;
}

/** How long a call may wait for credit: beyond it the other side is overloaded, and waiting only makes it worse. */
const MAX_QUEUE_MS = 100;
/** How long a call may wait for an endpoint to come back: a restart of the only replica. */
const MAX_HOMELESS_MS = 1_000;
/** Calls that wait for an endpoint. */
const MAX_HOMELESS = 4096;
/** Deadlines and queue times are looked at this often: one timer a link instead of one a call. */
const SWEEP_EVERY_MS = 10;
/** How long closing waits for results. */
const CLOSE_WITHIN_MS = 3_000;

/** Opens a link: one channel and one stream an endpoint, an endpoint chosen for each call. */
export function openBatchLink<Item extends BatchItem, Result extends BatchResult>(
  options: BatchLinkOptions<Item, Result>,
): BatchLink<Item, Result> {
  return new StreamingLink(options);
}

class StreamingLink<Item extends BatchItem, Result extends BatchResult> implements BatchLink<Item, Result> {
  readonly #options: BatchLinkOptions<Item, Result>;
  readonly #metrics: LinkMetrics;
  readonly #budget = new RetryBudget();
  readonly #slots = new Map<string, EndpointSlot<Item, Result>>();
  readonly #endpoints: EndpointSet;
  readonly #trace: ((text: string) => void) | undefined;
  readonly #unreachable = new Set<string>();
  readonly #onSettled = (): void => {
    this.#unsettled--;
  };
  readonly #sweep = (): void => this.#sweepAll();
  #open: EndpointStream<Item, Result>[] = [];
  #near: EndpointStream<Item, Result>[] = [];
  #homeless: PendingCall<Item, Result>[] = [];
  #unsettled = 0;
  #sweeping = false;
  #closed = false;
  #lastLoss = 'not connected yet';

  constructor(options: BatchLinkOptions<Item, Result>) {
    this.#options = options;
    this.#metrics = createLinkMetrics(options.name, options.runtime);
    this.#trace = options.runtime?.trace('link');
    this.#endpoints = followEndpoints(options.endpoints, (endpoints) => this.#setEndpoints(endpoints), options.resolve);
    options.runtime?.debugState(`link ${options.name}`, () => this.state());
    options.runtime?.onDrain(`link ${options.name}`, () => this.close());
  }

  call(item: Item, options: CallOptions): Promise<Result> {
    return new Promise((resolve, reject) => {
      const now = performance.now();
      const call = new PendingCall<Item, Result>(item, options, now, resolve, reject, this.#onSettled);
      this.#unsettled++;
      this.#budget.earn();
      if (this.#closed) {
        call.fail(this.#noEndpoint());
        return;
      }
      if (!this.#sweeping) this.#sweepLater();
      this.#dispatch(call, now);
    });
  }

  readonly ready = (): true | string => this.#open.length > 0 || `no endpoint of ${this.#options.name} answers: ${this.#lastLoss}`;

  state(): unknown {
    const streams = [...this.#slots.values()].flatMap((slot) => [...slot.streams].map((stream) => stream.state()));
    return { unsettled: this.#unsettled, homeless: this.#homeless.length, retriesLeft: this.#budget.left, streams };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endpoints.close();
    for (const call of this.#homeless.splice(0)) call.fail(this.#noEndpoint());
    for (const slot of this.#slots.values()) slot.close();
    const limit = performance.now() + CLOSE_WITHIN_MS;
    const busy = (): boolean => [...this.#slots.values()].some((slot) => slot.streams.size > 0);
    while (busy() && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, SWEEP_EVERY_MS));
    for (const slot of this.#slots.values()) for (const stream of slot.streams) stream.cancel();
    this.#slots.clear();
  }

  #dispatch(call: PendingCall<Item, Result>, now: number): void {
    const stream = this.#choose(call, now);
    if (stream === undefined) {
      if (this.#homeless.length >= MAX_HOMELESS) {
        this.#throttle(call);
        return;
      }
      this.#homeless.push(call);
      return;
    }
    const refused = stream.offer(call, now);
    if (refused !== undefined) this.#throttle(refused);
  }

  /** Same zone first; another zone when those there are silent or have no credit left. */
  #choose(call: PendingCall<Item, Result>, now: number): EndpointStream<Item, Result> | undefined {
    const near = chooseOfTwo(this.#near, call.hash);
    if (near !== undefined && near.hasCredit(call.isSlow) && !near.isSuspect(now)) return near;
    const usable = this.#open.filter((stream) => stream.hasCredit(call.isSlow) && !stream.isSuspect(now));
    return chooseOfTwo(usable, call.hash) ?? near ?? chooseOfTwo(this.#open, call.hash);
  }

  #setEndpoints(endpoints: readonly Endpoint[]): void {
    const names = new Map(endpoints.map((endpoint) => [endpointName(endpoint), endpoint]));
    for (const [name, slot] of this.#slots) {
      if (names.has(name)) continue;
      this.#slots.delete(name);
      slot.close();
    }
    const { method, credentials, sizeOf = estimateBytes, inHand } = this.#options;
    for (const [name, endpoint] of names) {
      if (this.#slots.has(name)) continue;
      this.#slots.set(name, new EndpointSlot(endpoint, { method, credentials, sizeOf, inHand }, this.#streamEvents));
    }
    this.#listOpen();
  }

  #listOpen(): void {
    this.#open = [...this.#slots.values()].flatMap((slot) => [...slot.streams]).filter((stream) => stream.isOpen);
    const near = this.#open.filter((stream) => stream.endpoint.zone === this.#options.zone);
    this.#near = near.length > 0 ? near : this.#open;
  }

  readonly #streamEvents: StreamEvents<Item, Result> = {
    onOpen: (stream) => {
      this.#unreachable.delete(stream.name);
      this.#options.runtime?.log.info(linkEvents.connected, { link: this.#options.name, endpoint: stream.name });
      this.#listOpen();
      this.#again(this.#homeless.splice(0));
    },
    onDraining: (stream, unsent) => {
      this.#options.runtime?.log.info(linkEvents.draining, { link: this.#options.name, endpoint: stream.name });
      this.#listOpen();
      this.#again(unsent);
    },
    onClosed: (stream, { unsent, sent, error }) => {
      if (error !== undefined && !this.#closed) this.#logLoss(stream, sent.length, error.details);
      this.#listOpen();
      this.#again(unsent);
      for (const call of sent) this.#lost(call);
    },
    onSent: (stream, items) => {
      this.#metrics.sent(items);
      this.#trace?.(`${this.#options.name}: ${items} to ${stream.name}, load ${stream.load}`);
    },
    onResults: (results, firstMs) => this.#metrics.received(results, firstMs),
  };

  /** Says once that an endpoint is gone or cannot be reached, and then only on the debug level until it is back. */
  #logLoss(stream: EndpointStream<Item, Result>, count: number, reason: string): void {
    const fields = { link: this.#options.name, endpoint: stream.name, count, reason };
    const log = this.#options.runtime?.log;
    this.#lastLoss = reason;
    if (this.#unreachable.has(stream.name)) log?.debug(linkEvents.unreachable, fields);
    else log?.warn(count > 0 ? linkEvents.lost : linkEvents.unreachable, fields);
    this.#unreachable.add(stream.name);
  }

  /** Sends calls that never left to another endpoint. */
  #again(calls: PendingCall<Item, Result>[]): void {
    const now = performance.now();
    for (const call of calls) {
      if (call.settled) continue;
      call.queuedAt = now;
      this.#dispatch(call, now);
    }
  }

  /** A call that was on its way when the transport broke: once more if it may be, and if the budget allows. */
  #lost(call: PendingCall<Item, Result>): void {
    const mayRepeat = call.isSafe && call.attempts === 0 && !this.#closed && performance.now() < call.deadline;
    if (!mayRepeat || !this.#budget.spend()) {
      this.#metrics.failed('lost');
      call.fail(trentError('KMSInternalException', '', { cause: new Error(`${this.#options.name} was lost before it answered`) }));
      return;
    }
    this.#metrics.failed('retried');
    call.attempts++;
    call.queuedAt = performance.now();
    this.#dispatch(call, call.queuedAt);
  }

  #throttle(call: PendingCall<Item, Result>): void {
    this.#metrics.failed('throttled');
    call.fail(trentError('ThrottlingException', 'Rate exceeded'));
  }

  #noEndpoint(): Error {
    return trentError('KMSInternalException', '', { cause: new Error(`no endpoint of ${this.#options.name} answers`) });
  }

  #sweepLater(): void {
    this.#sweeping = true;
    setTimeout(this.#sweep, SWEEP_EVERY_MS);
  }

  #sweepAll(): void {
    const now = performance.now();
    for (const slot of this.#slots.values()) {
      for (const stream of slot.streams) for (const call of stream.sweep(now, MAX_QUEUE_MS)) this.#throttle(call);
    }
    this.#homeless = this.#homeless.filter((call) => {
      if (call.expire(now)) return false;
      if (now - call.queuedAt <= MAX_HOMELESS_MS) return true;
      this.#metrics.failed('lost');
      call.fail(this.#noEndpoint());
      return false;
    });
    if (this.#unsettled > 0) this.#sweepLater();
    else this.#sweeping = false;
  }
}
