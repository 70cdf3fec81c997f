import type { ServiceRuntime } from '@trent/bootstrap';
import type { Database } from '@trent/postgres';
import { saveKeyUses } from '../store/holders.ts';
import type { Credentials } from './credentials.ts';

/** How late the store may know of a key's last use; AWS's own is late by hours. */
const EVERY_MS = 10_000;
/** A statement over all the keys in view. */
const PATIENCE_MS = 5_000;

/** Writes the last uses of access keys now and then, and once more at the end. What is lost with a process is some seconds of them. */
export function saveUses(rt: ServiceRuntime, db: Database, credentials: Credentials): void {
  let savedMs = 0;
  const save = async (): Promise<void> => {
    const sinceMs = savedMs;
    const startedMs = Date.now();
    const uses = credentials.usesSince(sinceMs);
    if (uses.length === 0) return;
    try {
      await saveKeyUses(db, uses, performance.now() + PATIENCE_MS);
      savedMs = startedMs;
    } catch {
      // The store is out of reach: the next turn writes them.
    }
  };
  const timer = setInterval(() => void save(), EVERY_MS);
  rt.onDrain('last uses', async () => {
    clearInterval(timer);
    await save();
  });
}
