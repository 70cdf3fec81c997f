/** A shared count a second; Redis, or in tests a map. */
export interface SharedCounts {
  /** Adds to the count of a name and gives the sum; names are of one second and are forgotten soon after. */
  add(name: string, amount: number): Promise<number>;
  /** How many gateways share the counts; the last known figure when they can't be reached. */
  sharers(): number;
}

/** What one account may still do in one quota class in the second at hand. */
interface Purse {
  second: number;
  /** Granted and not spent; negative: spent ahead of the grant under way. */
  left: number;
  spent: number;
  /** A slice is being leased. */
  leasing: boolean;
  /** The shared count has reached the limit. */
  exhausted: boolean;
  /** The shared counts were not reached: the local share counts for the rest of the second. */
  alone: boolean;
}

/** A slice is this part of a second's quota: a few commands a second at full speed, and little left unspent. */
const SLICES = 20;
/** Purses kept; past it they are dropped and begin anew, which costs one slice each. */
const MAX_PURSES = 20_000;

/**
 * Request quotas, per account, region and class, in windows of one second (kms-api §15.4). Slices are leased ahead of need from counts that all
 * gateways share, one command a slice, never waited for: what is asked while a lease is under way is spent against it. Without the shared
 * counts each gateway keeps to its share of the quota; no request fails for their sake.
 */
export class Quota {
  readonly #counts: SharedCounts;
  readonly #now: () => number;
  readonly #scale: number;
  readonly #purses = new Map<string, Purse>();

  /**
   * @param now epoch milliseconds
   * @param scale every limit is multiplied by it; 0: no limits
   */
  constructor(counts: SharedCounts, now: () => number, scale = 1) {
    this.#scale = scale;
    this.#counts = counts;
    this.#now = now;
  }

  /**
   * Spends one request, or what one counts as. False: too many this second.
   * @param name account, region and class in one text
   * @param unscaled requests a second; 0: no limit
   * @param times requests that it counts as
   */
  take(name: string, unscaled: number, times = 1): boolean {
    const limit = unscaled * this.#scale;
    if (limit === 0) return true;
    const purse = this.#purse(name);
    if (purse.alone) return this.#takeAlone(purse, limit, times);
    const slice = Math.max(1, Math.floor(limit / SLICES));
    if (purse.exhausted && purse.left <= 0) return false;
    if (purse.left <= -slice) return false;
    purse.left -= times;
    purse.spent += times;
    if (!purse.leasing && !purse.exhausted && purse.left < slice / 2) this.#lease(name, purse, limit, slice);
    return true;
  }

  /** True if the purse is known to be empty for the rest of this second: costs nothing and spends nothing. */
  isSpent(name: string): boolean {
    const purse = this.#purses.get(name);
    return purse !== undefined && purse.exhausted && purse.left <= 0 && purse.second === this.#second();
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }

  #purse(name: string): Purse {
    const second = this.#second();
    const known = this.#purses.get(name);
    if (known?.second === second) return known;
    if (known === undefined && this.#purses.size >= MAX_PURSES) this.#purses.clear();
    const purse: Purse = { second, left: 0, spent: 0, leasing: false, exhausted: false, alone: false };
    this.#purses.set(name, purse);
    return purse;
  }

  #takeAlone(purse: Purse, limit: number, times: number): boolean {
    if (purse.spent + times > Math.ceil(limit / Math.max(1, this.#counts.sharers()))) return false;
    purse.spent += times;
    return true;
  }

  #lease(name: string, purse: Purse, limit: number, slice: number): void {
    purse.leasing = true;
    const amount = Math.max(slice, -purse.left);
    this.#counts.add(`${name}:${String(purse.second)}`, amount).then(
      (sum) => {
        const granted = Math.max(0, Math.min(amount, limit - (sum - amount)));
        purse.leasing = false;
        purse.left += granted;
        purse.exhausted = sum >= limit;
      },
      () => {
        purse.leasing = false;
        purse.alone = true;
      },
    );
  }
}
