import type { HmacKey } from '@trent/secret-bytes';
import { fail } from '@trent/errors';
import { permitHour, preparePermitKey } from '@trent/permit';

/** Fetches the 32 bytes of an hour's permit key from a crypto worker of the region. */
export type FetchPermitKey = (region: string, hour: number) => Promise<Buffer>;

/** How often the hours are looked after; a key is fetched an hour ahead, so a minute is plenty. */
const REFRESH_MS = 60_000;
const RETRY_MS = 500;

/** Permit keys of this hour and the next, for every region. They are outputs of the HSM: the permit root never leaves it. */
export class PermitKeys {
  readonly #keys = new Map<string, HmacKey>();
  readonly #regions: readonly string[];
  readonly #fetch: FetchPermitKey;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param now epoch milliseconds */
  constructor(regions: readonly string[], fetch: FetchPermitKey, now: () => number) {
    this.#regions = regions;
    this.#fetch = fetch;
    this.#now = now;
    void this.#refresh();
  }

  /** The key that permits beginning at `epochMs` are made with. */
  keyFor(region: string, epochMs: number): HmacKey {
    return this.#keys.get(`${region}/${String(permitHour(epochMs))}`) ?? fail('KMSInternalException', '');
  }

  isReady(): true | string {
    const hour = permitHour(this.#now());
    const missing = this.#regions.filter((region) => !this.#keys.has(`${region}/${String(hour)}`));
    return missing.length === 0 || `no permit key from a crypto worker of ${missing.join(', ')}`;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    const hour = permitHour(this.#now());
    const wanted = this.#regions.flatMap((region) => [hour, hour + 1].map((at) => ({ region, at, name: `${region}/${String(at)}` })));
    for (const name of this.#keys.keys()) if (!wanted.some((one) => one.name === name)) this.#keys.delete(name);
    const missing = wanted.filter(({ name }) => !this.#keys.has(name));
    const outcomes = await Promise.allSettled(
      missing.map(async ({ region, at, name }) => {
        const bytes = await this.#fetch(region, at);
        this.#keys.set(name, preparePermitKey(bytes));
        bytes.fill(0);
      }),
    );
    if (this.#isClosed) return;
    const again = outcomes.some(({ status }) => status === 'rejected') ? RETRY_MS : REFRESH_MS;
    this.#timer = setTimeout(() => void this.#refresh(), again);
    this.#timer.unref();
  }
}
