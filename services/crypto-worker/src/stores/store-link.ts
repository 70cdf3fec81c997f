import type { Endpoint, MethodDefinition } from '@trent/bootstrap';
import { fail, isTrentError, trentError, type TrentError } from '@trent/errors';
import type { UnaryLink } from '@trent/grpc-link';
import { LRUCache } from 'lru-cache';

/** Calls in flight for one store: a network HSM or a proxy that answers slowly must not take the memory of a worker that serves others too. */
const MAX_IN_FLIGHT = 256;
/** Stores whose process is remembered. */
const MAX_STORES = 10_000;

/** How a call is made on whichever process holds a store. */
export interface StoreCall {
  readonly storeId: string;
  /** performance.now() milliseconds */
  readonly deadline: number;
  /** `once`: may have had its effect, so another process is asked only when the first one says that it does not hold the store. */
  readonly repeat: 'safe' | 'once';
}

/**
 * Calls on the key-store processes. Which of them holds a store connected, they know themselves: the one that did last time is asked first, and who
 * does not hold it says so.
 */
export class StoreLink {
  readonly #link: UnaryLink | undefined;
  readonly #lastHolder = new LRUCache<string, Endpoint>({ max: MAX_STORES });
  readonly #inFlight = new Map<string, number>();

  /** @param link undefined: this deployment has no key-store processes, so no store is connected */
  constructor(link: UnaryLink | undefined) {
    this.#link = link;
  }

  /**
   * @throws CustomKeyStoreNotFoundException when no process holds the store; ThrottlingException when too many calls are in flight for it; what the
   * process answers
   */
  async call<Request, Response>(method: MethodDefinition<Request, Response>, request: Request, call: StoreCall): Promise<Response> {
    const { storeId } = call;
    const inFlight = this.#inFlight.get(storeId) ?? 0;
    if (inFlight >= MAX_IN_FLIGHT) fail('ThrottlingException', 'Rate exceeded');
    this.#inFlight.set(storeId, inFlight + 1);
    try {
      return await this.#askInTurn(method, request, call);
    } finally {
      const left = (this.#inFlight.get(storeId) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(storeId);
      else this.#inFlight.set(storeId, left);
    }
  }

  async #askInTurn<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    { storeId, deadline, repeat }: StoreCall,
  ): Promise<Response> {
    let failure: TrentError | undefined;
    for (const endpoint of this.#endpointsFor(storeId)) {
      try {
        const response = await this.#linkOrNone().call(method, request, { deadline, repeat, endpoint });
        this.#lastHolder.set(storeId, endpoint);
        return response;
      } catch (error) {
        if (!isTrentError(error)) throw error;
        const elsewhere = error.code === 'CustomKeyStoreNotFoundException';
        const away = error.code === 'KMSInternalException' && repeat === 'safe';
        if (!elsewhere && !away) throw error;
        if (away) failure = error;
      }
    }
    throw failure ?? trentError('CustomKeyStoreNotFoundException');
  }

  #linkOrNone(): UnaryLink {
    return this.#link ?? fail('CustomKeyStoreNotFoundException');
  }

  #endpointsFor(storeId: string): readonly Endpoint[] {
    const all = this.#link?.endpoints() ?? [];
    const last = this.#lastHolder.get(storeId);
    const first = all.filter((one) => one.host === last?.host && one.port === last.port);
    return [...first, ...all.filter((one) => !first.includes(one))];
  }
}
