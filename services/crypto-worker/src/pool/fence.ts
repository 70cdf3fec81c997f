import { failUndecided } from '@trent/errors';
import type { Change } from '@trent/feed';
import type { VerifiedPermit } from '@trent/permit';

/** Longer than any permit lives, with leeway on both sides (3 s + 1 s). */
const HOLD_MS = 10_000;

interface Post {
  readonly version: bigint;
  readonly raisedAtMs: number;
}

/**
 * The versions below which a permit is stale: raised by the feeds, kept as long as older permits could live. So a key that was disabled, or a
 * principal that lost its right, is refused even with a permit that was issued a moment before.
 */
export class Fence {
  readonly #posts = new Map<string, Post>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  raise(change: Change): void {
    const id = `${change.kind}/${change.id}`;
    const known = this.#posts.get(id);
    if (known !== undefined && known.version >= change.version) return;
    this.#posts.delete(id);
    this.#posts.set(id, { version: change.version, raisedAtMs: this.#monotonicMs() });
    this.#forgetOld();
  }

  /** @throws DependencyTimeoutException for a stale permit: a repeat gets a fresh decision */
  check(permit: VerifiedPermit): void {
    if (this.#posts.size === 0) return;
    this.#checkOne(`principal/${permit.principal}`, permit.principalVersion);
    for (const key of permit.keys) this.#checkOne(`key/${key.keyArn.slice(key.keyArn.lastIndexOf('/') + 1)}`, key.authorisationVersion);
  }

  get size(): number {
    return this.#posts.size;
  }

  #checkOne(id: string, version: bigint): void {
    const post = this.#posts.get(id);
    if (post !== undefined && version < post.version) {
      failUndecided('stale permit');
    }
  }

  /** Posts stand in the order they were raised, so the old ones are in front. */
  #forgetOld(): void {
    const oldest = this.#monotonicMs() - HOLD_MS;
    for (const [id, post] of this.#posts) {
      if (post.raisedAtMs > oldest) return;
      this.#posts.delete(id);
    }
  }
}
