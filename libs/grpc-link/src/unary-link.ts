import { context, propagation } from '@opentelemetry/api';
import { endpointName, fromServiceError, hasErrorDetail, isServiceError } from '@trent/bootstrap';
import { trentError } from '@trent/errors';
import { Metadata, status } from '@grpc/grpc-js';
import { followEndpoints } from './endpoint-set.ts';
import { createLinkMetrics } from './link-metrics.ts';
import { chooseOfTwo, hashOf } from './rendezvous.ts';
import { RetryBudget } from './retry-budget.ts';
import { UnarySlot } from './unary-slot.ts';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Endpoint, MethodDefinition, ServiceRuntime } from '@trent/bootstrap';
import type { EndpointSet, Resolve } from './endpoint-set.ts';
import type { LinkMetrics } from './link-metrics.ts';

/** What a link is made of. */
export interface UnaryLinkOptions {
  /** Name in logs and metrics: the service at the other end. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /** Zone of this process: its endpoints come first. */
  readonly zone: string;
  readonly credentials: ChannelCredentials;
  /** Metrics, state and drain go there; a link without one is closed by its owner. */
  readonly runtime?: ServiceRuntime;
  readonly resolve?: Resolve;
}

/** How a call is to be made. */
export interface UnaryCallOptions {
  /** When the answer is no longer of use, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Calls with the same text go to the same two endpoints. */
  readonly affinity?: string;
  /** `once`: never sent a second time, since it may have had its effect. */
  readonly repeat: 'safe' | 'once';
  /** This endpoint and no other. */
  readonly endpoint?: Endpoint;
  readonly metadata?: Metadata;
}

/** Unary calls on the replicas of a service. */
export interface UnaryLink {
  /**
   * Makes a call of a method, given by its generated definition.
   * @throws {TrentError} what the other side said; DependencyTimeoutException past the deadline, ThrottlingException when too many are in
   * flight, KMSInternalException when no endpoint answers or the transport was lost
   */
  call<Request, Response>(method: MethodDefinition<Request, Response>, request: Request, options: UnaryCallOptions): Promise<Response>;
  /** The replicas as they are now. */
  endpoints(): readonly Endpoint[];
  /** True, or a sentence that says why no call can be made. */
  readonly ready: () => true | string;
  state(): unknown;
  close(): Promise<void>;
}

/** How long a call may wait for an endpoint to come back: a restart of the only replica. */
const MAX_WAIT_MS = 1_000;
/** Calls that wait for an endpoint, and calls in flight on one: beyond them the other side is overloaded. */
const MAX_WAITING = 1024;
const MAX_IN_FLIGHT = 512;

/** Opens a link: one channel an endpoint, kept connected, an endpoint chosen for each call. */
export function openUnaryLink(options: UnaryLinkOptions): UnaryLink {
  return new ChannelLink(options);
}

class ChannelLink implements UnaryLink {
  readonly #options: UnaryLinkOptions;
  readonly #metrics: LinkMetrics;
  readonly #budget = new RetryBudget();
  readonly #slots = new Map<string, UnarySlot>();
  readonly #endpoints: EndpointSet;
  readonly #waiters = new Set<() => void>();
  #turn = 0;
  #closed = false;

  constructor(options: UnaryLinkOptions) {
    this.#options = options;
    this.#metrics = createLinkMetrics(options.name, options.runtime);
    this.#endpoints = followEndpoints(options.endpoints, (endpoints) => this.#setEndpoints(endpoints), options.resolve);
    options.runtime?.debugState(`link ${options.name} (unary)`, () => this.state());
    options.runtime?.onDrain(`link ${options.name} (unary)`, () => this.close());
  }

  async call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    options: UnaryCallOptions,
  ): Promise<Response> {
    this.#budget.earn();
    const first = await this.#slotFor(options);
    try {
      return await this.#attempt(first, method, request, options);
    } catch (error) {
      const second = this.#mayRepeat(error, options) ? this.#choose(options, first) : undefined;
      if (second === undefined || !this.#budget.spend()) throw this.#failure(error);
      this.#metrics.failed('retried');
      return await this.#attempt(second, method, request, options).catch((again: unknown) => Promise.reject(this.#failure(again)));
    }
  }

  endpoints(): readonly Endpoint[] {
    return this.#endpoints.current();
  }

  readonly ready = (): true | string => this.#readySlots().length > 0 || `no endpoint of ${this.#options.name} answers`;

  state(): unknown {
    return {
      retriesLeft: this.#budget.left,
      waiting: this.#waiters.size,
      endpoints: [...this.#slots.values()].map((slot) => slot.state()),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#endpoints.close();
    for (const slot of this.#slots.values()) slot.close();
    this.#slots.clear();
    this.#wake();
    return Promise.resolve();
  }

  async #attempt<Request, Response>(
    slot: UnarySlot,
    method: MethodDefinition<Request, Response>,
    request: Request,
    options: UnaryCallOptions,
  ): Promise<Response> {
    if (slot.load >= MAX_IN_FLIGHT) throw this.#throttled();
    const startedAt = performance.now();
    const remainingMs = Math.max(1, options.deadline - startedAt);
    this.#metrics.sent(1);
    const response = await slot.send(method, request, this.#metadataOf(options), new Date(Date.now() + remainingMs));
    this.#metrics.received(1, performance.now() - startedAt);
    return response;
  }

  /** An endpoint that is connected; waits a little when none is. */
  async #slotFor(options: UnaryCallOptions): Promise<UnarySlot> {
    const limit = Math.min(options.deadline, performance.now() + MAX_WAIT_MS);
    for (;;) {
      const slot = this.#choose(options);
      if (slot !== undefined) return slot;
      const leftMs = limit - performance.now();
      if (this.#closed || leftMs <= 0) throw this.#noEndpoint(options);
      if (this.#waiters.size >= MAX_WAITING) throw this.#throttled();
      await this.#becomesReady(leftMs);
    }
  }

  #choose(options: UnaryCallOptions, except?: UnarySlot): UnarySlot | undefined {
    if (options.endpoint !== undefined) {
      const slot = this.#slots.get(endpointName(options.endpoint));
      return slot?.isReady === true && slot !== except ? slot : undefined;
    }
    const ready = this.#readySlots().filter((slot) => slot !== except);
    const near = ready.filter((slot) => slot.endpoint.zone === this.#options.zone);
    const hash = options.affinity === undefined ? hashOf(String(this.#turn++)) : hashOf(options.affinity);
    return chooseOfTwo(near.length > 0 ? near : ready, hash);
  }

  #readySlots(): UnarySlot[] {
    return [...this.#slots.values()].filter((slot) => slot.isReady);
  }

  async #becomesReady(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => resolve(undefined);
    const timer = setTimeout(wake, limitMs);
    this.#waiters.add(wake);
    await promise;
    clearTimeout(timer);
    this.#waiters.delete(wake);
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  #setEndpoints(endpoints: readonly Endpoint[]): void {
    const names = new Map(endpoints.map((endpoint) => [endpointName(endpoint), endpoint]));
    for (const [name, slot] of this.#slots) {
      if (names.has(name)) continue;
      this.#slots.delete(name);
      slot.close();
    }
    for (const [name, endpoint] of names) {
      if (!this.#slots.has(name)) this.#slots.set(name, new UnarySlot(endpoint, this.#options.credentials, () => this.#wake()));
    }
  }

  #metadataOf(options: UnaryCallOptions): Metadata {
    const metadata = options.metadata ?? new Metadata();
    if (this.#options.runtime?.tracing === true) {
      propagation.inject(context.active(), metadata, { set: (carrier, key, value) => carrier.set(key, value) });
    }
    return metadata;
  }

  /** Only for the transport's failure, never after the other side has spoken. */
  #mayRepeat(error: unknown, options: UnaryCallOptions): boolean {
    if (options.repeat !== 'safe' || this.#closed || performance.now() >= options.deadline) return false;
    return isServiceError(error) && error.code === status.UNAVAILABLE && !hasErrorDetail(error);
  }

  #failure(error: unknown): Error {
    if (isServiceError(error) && error.code === status.UNAVAILABLE && !hasErrorDetail(error)) this.#metrics.failed('lost');
    return fromServiceError(error);
  }

  #throttled(): Error {
    this.#metrics.failed('throttled');
    return trentError('ThrottlingException', 'Rate exceeded');
  }

  #noEndpoint(options: UnaryCallOptions): Error {
    if (performance.now() >= options.deadline) return trentError('DependencyTimeoutException');
    return trentError('KMSInternalException', '', { cause: new Error(`no endpoint of ${this.#options.name} answers`) });
  }
}
