import { fail } from '@trent/errors';
import { readGrantToken, type GrantTokenBody } from '@trent/policy-evaluator';

/** Fetches the key that key-metadata makes grant tokens with. */
export type FetchGrantTokenKey = (deadline: number) => Promise<Buffer>;

/** Tells grant tokens of this cluster from all else. */
export class GrantTokens {
  readonly #fetch: FetchGrantTokenKey;
  #key: Buffer | undefined;

  constructor(fetch: FetchGrantTokenKey) {
    this.#fetch = fetch;
  }

  /** Whether `read` can be called. */
  get isReady(): boolean {
    return this.#key !== undefined;
  }

  /** The key is made once with its table, so it is fetched once. */
  async ready(deadline: number): Promise<void> {
    this.#key ??= await this.#fetch(deadline);
  }

  /** @throws InvalidGrantTokenException for what no CreateGrant answered */
  read(token: string): GrantTokenBody {
    return readGrantToken(this.#key ?? fail('KMSInternalException'), token) ?? fail('InvalidGrantTokenException');
  }
}
