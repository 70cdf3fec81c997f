/** One load under way. */
interface Flight<Value> {
  readonly value: Promise<Value>;
  isOvertaken: boolean;
}

/**
 * Loads for a cache that follows a feed. A load that began before a change and ends after it may bring what was before: whoever asked
 * before the change may use it, but it must not enter the cache, and whoever asks after the change must not join it.
 * Loads of the same key are made once (single flight). Bounded by the requests in flight.
 */
export class LoadsInFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();

  /**
   * Loads the value of `key`, or joins the load that is under way and not overtaken.
   * @param keep puts the value into the cache; called in the same turn in which the value came, so that no change slips in between
   */
  async load(key: string, load: () => Promise<Value>, keep: (value: Value) => void): Promise<Value> {
    return (this.#flights.get(key) ?? this.#begin(key, load, keep)).value;
  }

  /** A change of `key` was applied. */
  overtake(key: string): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.isOvertaken = true;
    this.#flights.delete(key);
  }

  /** Everything may have changed: after a reset. */
  overtakeAll(): void {
    for (const key of [...this.#flights.keys()]) this.overtake(key);
  }

  #begin(key: string, load: () => Promise<Value>, keep: (value: Value) => void): Flight<Value> {
    const land = async (): Promise<Value> => {
      try {
        const value = await load();
        if (!flight.isOvertaken) keep(value);
        return value;
      } finally {
        if (!flight.isOvertaken) this.#flights.delete(key);
      }
    };
    const flight: Flight<Value> = { isOvertaken: false, value: Promise.resolve().then(land) };
    this.#flights.set(key, flight);
    return flight;
  }
}
