import type { authorize } from '@trent/contracts';
import type { KeyView } from './key-views.ts';

/** Epoch milliseconds since when a key is not used. */
export type UnusedSince = (region: string, keyId: string, deadline: number) => Promise<number>;

const DAY_MS = 86_400_000;
/** AWS KMS developer guide, "kms:TrailingDaysWithoutKeyUsage". */
const OPERATIONS = new Set(['kms.DisableKey', 'kms.ScheduleKeyDeletion']);

/** Whether a policy may ask how long the key has not been used: of what ends its use, which is rare, it is looked up each time. */
export function asksForUse(item: authorize.AuthorizeItem): boolean {
  return OPERATIONS.has(item.operation) && !item.authenticateOnly;
}

/** The question with what is known of the key's use: whole days since the last one, or since it could first be known. */
export async function tellingUse(
  unusedSince: UnusedSince,
  item: authorize.AuthorizeItem,
  view: KeyView | undefined,
  nowMs: number,
  deadline: number,
): Promise<authorize.AuthorizeItem> {
  if (view === undefined) return item;
  const days = Math.max(0, Math.floor((nowMs - (await unusedSince(view.region, view.keyId, deadline))) / DAY_MS));
  return { ...item, facts: [...item.facts, { key: 'kms:TrailingDaysWithoutKeyUsage', values: [String(days)], keyNumber: 0 }] };
}
