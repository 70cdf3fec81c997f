import { fail } from '@trent/errors';
import { LRUCache } from 'lru-cache';
import type { Reader } from './keys.ts';

/** So long a count is good while there is room: other replicas make keys too, some hundred a second at most. */
const FRESH_MS = 10_000;
/** With less room than this every new key is counted for: what the other replicas make in FRESH_MS is less. */
const MARGIN = 5_000;
const MAX_ACCOUNTS = 10_000;

/**
 * How many keys an account may have in a Region, in any state, those of services aside (https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html).
 * A count reads as many index entries as there are keys, so it is not made for each new one: a row with a counter would have all new keys of an
 * account wait for each other.
 */
export class KeyQuota {
  readonly #limit: number;
  readonly #monotonicMs: () => number;
  readonly #rooms = new LRUCache<string, { room: number; readonly atMs: number }>({ max: MAX_ACCOUNTS });

  constructor(limit: number, monotonicMs: () => number) {
    this.#limit = limit;
    this.#monotonicMs = monotonicMs;
  }

  /** Passes if the account may have one more key. @throws LimitExceededException */
  async check(db: Reader, region: string, accountId: string): Promise<void> {
    const name = `${region}/${accountId}`;
    const held = this.#rooms.get(name);
    if (held !== undefined && held.room > MARGIN && this.#monotonicMs() - held.atMs < FRESH_MS) {
      held.room--;
      return;
    }
    const { rows } = await db.query<{ count: bigint }>(
      'select count(*) from (select from keys where region = $1 and account_id = $2 and managed_by is null limit $3) as counted',
      [region, accountId, this.#limit],
      { name: 'count-keys' },
    );
    const room = this.#limit - Number(rows[0]?.count ?? 0n);
    if (room <= 0) fail('LimitExceededException', `The account has ${String(this.#limit)} KMS keys in this Region, which is its limit.`);
    this.#rooms.set(name, { room: room - 1, atMs: this.#monotonicMs() });
  }
}
