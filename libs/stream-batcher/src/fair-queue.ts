/** Accounts whose empty lines are kept for the next time; past it they are made anew. */
const MAX_IDLE_LINES = 1_024;
/** Places already left in a line before its array is cut: seldom enough to cost nothing, often enough that nothing piles up. */
const CUT_AT = 256;

/** First in, first out, without moving what is behind at each turn. */
class Line<T> {
  /** It stands among those whose turn comes. */
  isNoted = false;
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === CUT_AT || this.length === 0) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  pop(): T | undefined {
    return this.length === 0 ? undefined : this.#items.pop();
  }

  filter(keep: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter((item) => keep(item as T));
    this.#head = 0;
  }
}

/**
 * Fair queueing: a line for each account, the accounts by turns, the items of one in their order. However many items an account has waiting, another's
 * first is at most one item of each account away. Adding and taking cost the same whatever waits.
 */
export class FairQueue<T> {
  readonly #lines = new Map<string, Line<T>>();
  /** Lines with something in them, whose turn is next first. */
  readonly #turns = new Line<Line<T>>();
  #length = 0;

  /** Items of all accounts. */
  get length(): number {
    return this.#length;
  }

  /** Adds an item to the end of its account's line. */
  push(account: string, item: T): void {
    const line = this.#lineOf(account);
    line.push(item);
    this.#note(line);
    this.#length++;
  }

  /** Takes the next account's first item. */
  shift(): T | undefined {
    for (let line = this.#turns.shift(); line !== undefined; line = this.#turns.shift()) {
      line.isNoted = false;
      const item = line.shift();
      if (item === undefined) continue; // what was in it has been dropped
      this.#length--;
      if (line.length > 0) this.#note(line);
      return item;
    }
    return undefined;
  }

  /** Takes the newest item of the account that has most waiting: who floods a full queue is refused, not who comes late. Looks at every line. */
  dropFromLongest(): T | undefined {
    let longest: Line<T> | undefined;
    for (const line of this.#lines.values()) if (line.length > (longest?.length ?? 0)) longest = line;
    if (longest !== undefined) this.#length--;
    return longest?.pop();
  }

  /** Looks at every item and keeps those that it is told to. */
  filter(keep: (item: T) => boolean): void {
    this.#length = 0;
    for (const line of this.#lines.values()) {
      if (line.length > 0) line.filter(keep);
      this.#length += line.length;
    }
  }

  #note(line: Line<T>): void {
    if (line.isNoted) return;
    line.isNoted = true;
    this.#turns.push(line);
  }

  #lineOf(account: string): Line<T> {
    const known = this.#lines.get(account);
    if (known !== undefined) return known;
    if (this.#lines.size >= MAX_IDLE_LINES) for (const [name, { isNoted }] of this.#lines) if (!isNoted) this.#lines.delete(name);
    const line = new Line<T>();
    this.#lines.set(account, line);
    return line;
  }
}
