import { defineEvents, type Logger } from '@trent/bootstrap';
import type { ChangeWriter } from '@trent/outbox';
import type { Database, Transaction } from '@trent/postgres';
import { claimDueTimer, postponeTimer, type DueTimer } from '../store/timers.ts';
import { deleteKey, shredMaterial, type Deed, type DeleteStoreKey, type Facts } from './deletion.ts';
import { expireMaterial, forgetMaterial } from './import-expiry.ts';
import { rotateDueKey, type FreshMaterialFor } from './rotation.ts';

/** A deletion may be late by up to a day on AWS; a second costs one cheap query. */
const EVERY_MS = 1_000;
/** Deeds of one sweep: bounds what one turn of the clock can do. */
const MAX_DEEDS = 100;
/** Postgres' clock and the monotonic one may drift apart by so much between two sweeps before the sweeper trusts neither. */
const MAX_JUMP_MS = 30_000;
/** A deed that failed is tried again after so long: an HSM or JetStream that is away comes back in minutes, not in milliseconds. */
const RETRY_SECONDS = 60;

const sweepEvents = defineEvents({
  clockJumped: 'timers.clock_jumped',
  failed: 'timers.sweep_failed',
  deedFailed: 'timers.deed_failed',
  done: 'timers.deed_done',
});

export interface SweepDeps {
  readonly db: Database;
  readonly writer: ChangeWriter;
  readonly log: Logger;
  readonly newEventId: () => string;
  /** Removes the second copies of a key's wrapped materials, or of one of them. */
  readonly forgetTokens: (region: string, keyId: string, materialId?: string) => Promise<void>;
  readonly freshMaterial: FreshMaterialFor;
  /** Destroys a key in its custom key store. */
  readonly deleteStoreKey: DeleteStoreKey;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicMs: () => number;
}

/** Does what is due, by Postgres' clock. A clock that jumps stops it: better a key too long than a key too short. */
export class Sweeper {
  readonly #deps: SweepDeps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #last: { readonly postgresMs: number; readonly monotonicMs: number } | undefined;
  #state: 'sweeping' | 'clock jumped' | 'closed' = 'sweeping';

  constructor(deps: SweepDeps) {
    this.#deps = deps;
    this.#arm();
  }

  get state(): string {
    return this.#state;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One sweep; public for tests, which own time. */
  async sweep(): Promise<void> {
    const due = await this.#look();
    for (let deeds = 0; due && this.#state === 'sweeping' && deeds < MAX_DEEDS; deeds++) if (!(await this.#doOne())) return;
  }

  #arm(): void {
    if (this.#state !== 'sweeping') return;
    this.#timer = setTimeout(() => {
      this.#running = this.sweep()
        .catch((error: unknown) => this.#deps.log.warn(sweepEvents.failed, {}, error))
        .finally(() => this.#arm());
    }, EVERY_MS);
    this.#timer.unref();
  }

  /** Whether something is due; watches the clock on the way. */
  async #look(): Promise<boolean> {
    const { rows } = await this.#deps.db.query<{ now: Date; due: boolean }>(
      'select clock_timestamp() as now, exists (select from timers where due_at <= now()) as due',
    );
    const seen = { postgresMs: rows[0]?.now.getTime() ?? 0, monotonicMs: this.#deps.monotonicMs() };
    const last = this.#last;
    this.#last = seen;
    if (last !== undefined && Math.abs(seen.postgresMs - last.postgresMs - (seen.monotonicMs - last.monotonicMs)) > MAX_JUMP_MS) {
      this.#state = 'clock jumped';
      this.#deps.log.error(sweepEvents.clockJumped);
      return false;
    }
    return rows[0]?.due ?? false;
  }

  /** @returns whether one was due */
  async #doOne(): Promise<boolean> {
    let timer: DueTimer | undefined;
    // Once, however often the transaction runs: a second run must not leave a second backing key behind.
    const material = once(this.#deps.freshMaterial);
    try {
      await this.#deps.writer.change({}, async (tx) => {
        timer = await claimDueTimer(tx);
        let deed: Deed = { changes: [], audit: [] };
        if (timer !== undefined) {
          const facts = { eventId: this.#deps.newEventId(), nowMs: this.#last?.postgresMs ?? 0 };
          deed = await this.#deedOf(tx, timer, facts, material);
        }
        return { answer: new Uint8Array(0), ...deed };
      });
    } catch (error) {
      if (timer === undefined) throw error;
      await this.#postpone(timer, error);
      return true;
    }
    if (timer !== undefined) this.#deps.log.info(sweepEvents.done, { operation: timer.kind, key_id: timer.subject });
    return timer !== undefined;
  }

  /** What can not be done now must not stand before what can. */
  async #postpone(timer: DueTimer, error: unknown): Promise<void> {
    this.#deps.log.warn(sweepEvents.deedFailed, { operation: timer.kind, key_id: timer.subject }, error);
    await postponeTimer(this.#deps.db, timer, RETRY_SECONDS);
  }

  async #deedOf(tx: Transaction, timer: DueTimer, facts: Facts, freshMaterial: FreshMaterialFor): Promise<Deed> {
    switch (timer.kind) {
      case 'delete-key':
        return deleteKey(tx, timer, facts, this.#deps.deleteStoreKey);
      case 'shred-material':
        await this.#deps.forgetTokens(timer.region, timer.subject);
        return shredMaterial(tx, timer, facts);
      case 'expire-material':
        return expireMaterial(tx, timer, facts);
      case 'forget-material':
        return forgetMaterial(tx, timer, this.#deps.forgetTokens);
      case 'rotate-key':
        return rotateDueKey(tx, timer, { newEventId: this.#deps.newEventId, nowMs: facts.nowMs }, freshMaterial);
    }
  }
}

/** The first call's promise for every further one, as long as it is about the same key. */
function once(make: FreshMaterialFor): FreshMaterialFor {
  let made: { readonly keyId: string; readonly material: ReturnType<FreshMaterialFor> } | undefined;
  return (key) => {
    if (made?.keyId !== key.keyId) made = { keyId: key.keyId, material: make(key) };
    return made.material;
  };
}
