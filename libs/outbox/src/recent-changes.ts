import { sealKeyOf, type Change, type SealKey } from '@trent/feed';

/** Changes kept, a feed: what is newer than the last renewal of any follower at thousands of changes a second. */
const MAX_RECENT = 4_096;

/** What this process knows of one feed without asking the store: the key, the furthest head, the changes it made itself. */
export class RecentChanges {
  /** As followers get it, and as it is used. */
  readonly sealKeyBytes: Buffer;
  readonly sealKey: SealKey;
  readonly #changes: Change[] = [];
  #head: bigint;

  constructor(sealKeyBytes: Buffer, head: bigint) {
    this.sealKeyBytes = sealKeyBytes;
    this.sealKey = sealKeyOf(sealKeyBytes);
    this.#head = head;
  }

  /** The furthest sequence this process has heard of. */
  get head(): bigint {
    return this.#head;
  }

  /** The store said how far the feed is. */
  noteHead(head: bigint): void {
    if (head > this.#head) this.#head = head;
  }

  /** This process has committed these. */
  add(changes: readonly Change[]): void {
    this.#changes.push(...changes);
    if (this.#changes.length > MAX_RECENT) this.#changes.splice(0, this.#changes.length - MAX_RECENT);
    for (const { sequence } of changes) this.noteHead(sequence);
  }

  /** What it knows after `applied`, in order; other writers' changes are missing. */
  after(applied: bigint, atMost: number): Change[] {
    const newer = this.#changes.filter(({ sequence }) => sequence > applied);
    return newer.sort((a, b) => (a.sequence < b.sequence ? -1 : 1)).slice(0, atMost);
  }
}
