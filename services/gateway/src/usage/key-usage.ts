import { defineEvents, type Logger } from '@trent/bootstrap';
import type { authorize, metadata } from '@trent/contracts';

/** How late GetKeyLastUsage may be; so many seconds of uses are lost with a gateway that is killed. */
const REPORT_EVERY_MS = 5_000;
/** Keys of one report, some 200 bytes each. */
const MAX_USES_A_REPORT = 1_000;
/** Keys held between two reports: 20 MB. What is used beyond them is noted when it is used again. */
const MAX_KEYS = 100_000;

const events = defineEvents({ failed: 'usage.report_failed' });

/** A successful use, by the record that it left. */
export interface Use {
  /** AWS name: "Encrypt". */
  readonly operation: string;
  readonly eventId: string;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

type Held = { -readonly [Name in keyof Use]: Use[Name] };

/**
 * Remembers the last use of each key and reports it to key-metadata every few seconds. A request costs a look into a map; nothing is asked, written
 * or waited for on its way.
 */
export class KeyUsage {
  readonly #report: (uses: metadata.KeyUse[]) => Promise<void>;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #held = new Map<string, Held>();
  #running: Promise<void> = Promise.resolve();

  constructor(report: (uses: metadata.KeyUse[]) => Promise<void>, log: Logger) {
    this.#report = report;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), REPORT_EVERY_MS);
    this.#timer.unref();
  }

  /** Notes a use of these keys whose record is acknowledged. */
  note(keys: readonly authorize.ResolvedKey[], use: Use): void {
    for (const { keyArn } of keys) {
      const held = this.#held.get(keyArn);
      if (held === undefined) {
        if (this.#held.size < MAX_KEYS) this.#held.set(keyArn, { ...use });
      } else if (held.atMs <= use.atMs) {
        held.operation = use.operation;
        held.eventId = use.eventId;
        held.requestId = use.requestId;
        held.atMs = use.atMs;
      }
    }
  }

  /** Reports what is held; what can not be reported now is held for the next time. */
  flush(): Promise<void> {
    this.#running = this.#running.then(() => this.#flush());
    return this.#running;
  }

  /** Reports for the last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  get state(): { readonly keys: number } {
    return { keys: this.#held.size };
  }

  async #flush(): Promise<void> {
    const all = [...this.#held];
    this.#held = new Map();
    for (let at = 0; at < all.length; at += MAX_USES_A_REPORT) {
      try {
        await this.#report(all.slice(at, at + MAX_USES_A_REPORT).map(([keyArn, use]) => useOf(keyArn, use)));
      } catch (error) {
        this.#log.warn(events.failed, { count: all.length - at }, error);
        for (const [keyArn, use] of all.slice(at)) if (!this.#held.has(keyArn) && this.#held.size < MAX_KEYS) this.#held.set(keyArn, use);
        return;
      }
    }
  }
}

/** arn:aws:kms:REGION:ACCOUNT:key/ID */
function useOf(keyArn: string, { operation, eventId, requestId, atMs }: Use): metadata.KeyUse {
  const region = keyArn.split(':', 4)[3] ?? '';
  return { region, keyId: keyArn.slice(keyArn.lastIndexOf('/') + 1), operation, usedAtMs: BigInt(atMs), eventId, requestId };
}
