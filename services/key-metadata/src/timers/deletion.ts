import { serviceEventRecord } from '@trent/audit-record';
import { keyArn, type AccountId, type KeyId, type RegionName } from '@trent/identifiers';
import type { Transaction } from '@trent/postgres';
import { keyChange } from '../operations/call.ts';
import type { KeyRow } from '../store/keys.ts';
import { settlePending } from '../store/family-imports.ts';
import { lockFamilyIfThere, lockRelatives } from '../store/relatives.ts';
import { armTimer, type DueTimer } from '../store/timers.ts';

/** How long deleted material can still be dug up by the operator. */
const GRAVEYARD_DAYS = 1;

export interface Deed {
  readonly changes: ReturnType<typeof keyChange>[];
  readonly audit: readonly { readonly region: string; readonly record: string }[];
}

export interface Facts {
  readonly eventId: string;
  readonly nowMs: number;
}

/** First phase: gone for the user. Aliases, tags and policy go with the key; the wrapped material lies in the graveyard for a day. */
export async function deleteKey(
  tx: Transaction,
  { region, subject: keyId }: DueTimer,
  facts: Facts,
  deleteStoreKey: DeleteStoreKey,
): Promise<Deed> {
  const key = await lockFamilyIfThere(tx, region, keyId);
  if (key?.state !== 'PendingDeletion') return { changes: [], audit: [] };
  await tx.query(
    `insert into graveyard (region, key_id, account_id, material_id, token)
     select k.region, k.key_id, k.account_id, m.material_id, m.token from keys k join materials m using (region, key_id)
     where k.region = $1 and k.key_id = $2 and k.key_state = 'PendingDeletion'`,
    [region, keyId],
  );
  const { rows } = await tx.query<{ accountId: AccountId; version: bigint; isReplica: boolean }>(
    `delete from keys where region = $1 and key_id = $2 and key_state = 'PendingDeletion'
     returning account_id as "accountId", authorisation_version as version,
       multi_region_key_type is not distinct from 'REPLICA' as "isReplica"`,
    [region, keyId],
  );
  const [gone] = rows;
  if (gone === undefined) return { changes: [], audit: [] };
  await armTimer(tx, 'shred-material', region, keyId, GRAVEYARD_DAYS);
  const details = { keyId, ...(await deleteInStore(key, deleteStoreKey)) };
  const released = gone.isReplica ? await releasePrimary(tx, keyId) : [];
  return {
    changes: [keyChange(region, keyId, gone.version + 1n), ...released],
    audit: [record('DeleteKey', region, gone.accountId, keyId, facts, details)],
  };
}

/** Destroys a key in its custom key store, or throws. */
export type DeleteStoreKey = (storeId: string, objectId: string) => Promise<void>;

/**
 * "For keys in an AWS CloudHSM key store, ScheduleKeyDeletion makes a best effort to delete the key material from the associated cluster" (API
 * reference, DeleteCustomKeyStore): what came of it is in the record, and what stayed behind is its user's to delete.
 */
async function deleteInStore(
  { origin, customKeyStoreId, storeObjectId, clusterId }: KeyRow,
  deleteStoreKey: DeleteStoreKey,
): Promise<object> {
  if (origin !== 'AWS_CLOUDHSM' || customKeyStoreId === null || storeObjectId === null) return {};
  const deletionStatus = await deleteStoreKey(customKeyStoreId, storeObjectId).then(
    () => 'SUCCESS',
    () => 'FAILURE',
  );
  return { customKeyStoreId, clusterId, backingKeysDeletionStatus: [{ backingKeyId: storeObjectId, deletionStatus }] };
}

/** The rest of the family need not wait for its import any more. Begins the waiting time of a primary that was scheduled for deletion, once the last of its replicas is gone (developer guide, "Deleting multi-Region keys"). */
async function releasePrimary(tx: Transaction, keyId: string): Promise<ReturnType<typeof keyChange>[]> {
  const [primary, ...others] = await lockRelatives(tx, keyId);
  await settlePending(tx, keyId);
  const days = primary?.pendingWindowDays ?? null;
  if (primary === undefined || others.length > 0 || days === null) return [];
  const { rows } = await tx.query<{ version: bigint }>(
    `update keys set key_state = 'PendingDeletion', deletion_date = now() + make_interval(days => $3), pending_window_days = null,
       authorisation_version = authorisation_version + 1
     where region = $1 and key_id = $2 and key_state = 'PendingReplicaDeletion' returning authorisation_version as version`,
    [primary.region, keyId, days],
  );
  if (rows.length > 0) await armTimer(tx, 'delete-key', primary.region, keyId, days);
  return rows.map(({ version }) => keyChange(primary.region, keyId, version));
}

/** Second phase: the wrapped material is shredded here; the copies in JetStream go before this commits. */
export async function shredMaterial(tx: Transaction, { region, subject: keyId }: DueTimer, facts: Facts): Promise<Deed> {
  const { rows } = await tx.query<{ accountId: AccountId }>(
    'delete from graveyard where region = $1 and key_id = $2 returning account_id as "accountId"',
    [region, keyId],
  );
  const [gone] = rows;
  return { changes: [], audit: gone === undefined ? [] : [record('ShredKeyMaterial', region, gone.accountId, keyId, facts)] };
}

/** The record of what KMS did to a key by itself. */
export function record(
  eventName: string,
  region: string,
  accountId: AccountId,
  keyId: string,
  { eventId, nowMs }: Facts,
  details: Readonly<Record<string, unknown>> = { keyId },
) {
  const arn = keyArn(region as RegionName, accountId, keyId as KeyId);
  const text = serviceEventRecord({ eventName, accountId, region, eventId, timeMs: nowMs, resources: [arn], details });
  return { region, record: text };
}
