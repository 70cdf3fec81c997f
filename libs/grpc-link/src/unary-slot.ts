import { Client, connectivityState } from '@grpc/grpc-js';
import { endpointName } from '@trent/bootstrap';
import { channelOptions } from './channel-options.ts';
import { hashOf } from './rendezvous.ts';
import type { ChannelCredentials, Metadata, ServiceError } from '@grpc/grpc-js';
import type { Endpoint, MethodDefinition } from '@trent/bootstrap';

/** One endpoint of a unary link: a channel that is kept connected, since a call is made only where one is. */
export class UnarySlot {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly seed: number;
  readonly #client: Client;
  readonly #onReady: () => void;
  #inFlight = 0;
  #ready = false;
  #closed = false;

  constructor(endpoint: Endpoint, credentials: ChannelCredentials, onReady: () => void) {
    this.endpoint = endpoint;
    this.name = endpointName(endpoint);
    this.seed = hashOf(this.name);
    this.#onReady = onReady;
    this.#client = new Client(this.name, credentials, channelOptions);
    this.#watch();
  }

  /** True when the channel is connected. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Calls that have not been answered yet. */
  get load(): number {
    return this.#inFlight;
  }

  /** Makes one attempt. */
  async send<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    metadata: Metadata,
    deadline: Date,
  ): Promise<Response> {
    this.#inFlight++;
    try {
      return await new Promise((resolve, reject) => {
        const answer = (error: ServiceError | null, response?: Response): void => {
          if (error === null) resolve(response as Response);
          else reject(error);
        };
        this.#client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          metadata,
          { deadline },
          answer,
        );
      });
    } finally {
      this.#inFlight--;
    }
  }

  /** Disconnects; calls in flight are given up. */
  close(): void {
    this.#closed = true;
    this.#ready = false;
    this.#client.close();
  }

  /** Figures for /debug/state. */
  state(): Readonly<Record<string, unknown>> {
    return { endpoint: this.name, zone: this.endpoint.zone, ready: this.#ready, inFlight: this.#inFlight };
  }

  #watch(): void {
    if (this.#closed) return;
    const channel = this.#client.getChannel();
    const state = channel.getConnectivityState(true); // asks an idle channel to connect
    const wasReady = this.#ready;
    this.#ready = state === connectivityState.READY;
    if (this.#ready && !wasReady) this.#onReady();
    channel.watchConnectivityState(state, Infinity, () => this.#watch());
  }
}
