import { randomBytes } from 'node:crypto';
import { fail } from '@trent/errors';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import type { SessionKeyRow } from '../store/session-keys.ts';
import { sessionKeyOf, type SessionKey } from './session-token.ts';

/** Where generations are kept, and who seals them. */
export interface SessionKeyDeps {
  readonly find: (deadline: number) => Promise<SessionKeyRow[]>;
  readonly insert: (generation: number, sealedRoot: Buffer, deadline: number) => Promise<void>;
  readonly remove: (upToGeneration: number, deadline: number) => Promise<void>;
  readonly seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface Held {
  readonly key: SessionKey;
  readonly madeAtMs: number;
}

const DAY_MS = 86_400_000;
/** A generation seals new tokens for a month; by then it has sealed far less than 2^32, the bound of random nonces (NIST SP 800-38D §8.3). */
const GENERATION_MS = 30 * DAY_MS;
/** Longest session, 36 h, and a margin for clocks. */
const LONGEST_SESSION_MS = 2 * DAY_MS;
/** A new generation is used once every replica had time to read it; the very first is read before a replica is ready. */
const SPREAD_MS = 5 * 60_000;
const REFRESH_MS = 60_000;
const RETRY_MS = 500;
const CALL_MS = 3_000;

/** The keys that seal session tokens, by generation: made by whichever replica sees that one is due, read by all. */
export class SessionKeys {
  readonly #deps: SessionKeyDeps;
  #held: Held[] = [];
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: SessionKeyDeps) {
    this.#deps = deps;
    this.#loop();
  }

  /** The key that new tokens are sealed with. */
  current(): SessionKey {
    const spread = this.#held.filter(({ madeAtMs }) => madeAtMs <= this.#deps.now() - SPREAD_MS);
    return (spread.at(-1) ?? this.#held[0] ?? fail('ServiceUnavailableException')).key;
  }

  /** The key of a token's generation; undefined: it is not held. */
  byGeneration(generation: number): SessionKey | undefined {
    return this.#held.find(({ key }) => key.generation === generation)?.key;
  }

  /** Looks for a generation that another replica may have just made; a number beyond the next one is nobody's. */
  async find(generation: number): Promise<SessionKey | undefined> {
    const newest = this.#held.at(-1)?.key.generation ?? 0;
    if (generation === newest + 1) await this.#refresh();
    return this.byGeneration(generation);
  }

  isReady(): true | string {
    return this.#held.length > 0 || 'no session key';
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #loop(): void {
    const again = (ms: number): void => {
      if (this.#isClosed) return;
      this.#timer = setTimeout(() => {
        this.#loop();
      }, ms);
      this.#timer.unref();
    };
    this.#refresh().then(
      () => {
        again(REFRESH_MS);
      },
      () => {
        again(RETRY_MS);
      },
    );
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#readAll().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readAll(): Promise<void> {
    const deadline = performance.now() + CALL_MS;
    let rows = await this.#deps.find(deadline);
    const newest = rows.at(-1);
    if (newest === undefined || newest.madeAtMs < this.#deps.now() - GENERATION_MS) {
      await this.#make((newest?.generation ?? 0) + 1, deadline);
      rows = await this.#deps.find(deadline);
    }
    await this.#forgetOld(rows, deadline);
    const known = new Map(this.#held.map((held) => [held.key.generation, held]));
    this.#held = await Promise.all(rows.map(async (row) => known.get(row.generation) ?? this.#open(row, deadline)));
  }

  async #make(generation: number, deadline: number): Promise<void> {
    await this.#deps.insert(generation, await this.#deps.seal(randomBytes(32), labelOf(generation), deadline), deadline);
  }

  async #open(row: SessionKeyRow, deadline: number): Promise<Held> {
    using root = await this.#deps.unseal(row.sealedRoot, labelOf(row.generation), deadline);
    return { key: sessionKeyOf(row.generation, reveal(root)), madeAtMs: row.madeAtMs };
  }

  /** A generation's last token ends a longest session after the next but one was made. */
  async #forgetOld(rows: SessionKeyRow[], deadline: number): Promise<void> {
    const bound = this.#deps.now() - LONGEST_SESSION_MS - SPREAD_MS;
    const replaced = rows.filter((_, index) => (rows[index + 1]?.madeAtMs ?? Infinity) < bound);
    const last = replaced.at(-1);
    if (last === undefined) return;
    await this.#deps.remove(last.generation, deadline);
    rows.splice(0, replaced.length);
  }
}

/** Binds a sealed root to its generation. */
function labelOf(generation: number): string {
  return `session-key/${String(generation)}`;
}
