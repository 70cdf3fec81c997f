import { isMultiRegionKeyId, type KeyId, type RegionName } from '@trent/identifiers';
import type { KeyState } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import { lockKey, lockKeyIfThere, type KeyRow, type MultiRegionKeyType } from './keys.ts';
import { disarmTimer } from './timers.ts';

/** A key's row as far as its relatives matter. */
export type RelativeRow = Pick<
  KeyRow,
  'region' | 'accountId' | 'keyId' | 'state' | 'spec' | 'origin' | 'multiRegionKeyType' | 'pendingWindowDays'
>;

/** The key of this id in every Region, locked in the order of the Regions, so that two changes of one family don't wait for each other. */
export async function lockRelatives(tx: Transaction, keyId: string): Promise<RelativeRow[]> {
  const { rows } = await tx.query<RelativeRow>(
    `select region, account_id as "accountId", key_id as "keyId", key_state as state, key_spec as spec, origin,
       multi_region_key_type as "multiRegionKeyType", pending_window_days as "pendingWindowDays"
     from keys where key_id = $1 order by region for update`,
    [keyId],
    { name: 'relatives-locked' },
  );
  return rows;
}

/** The key, locked with all its relatives: what they share is changed by one at a time. */
export async function lockFamily(tx: Transaction, region: string, keyId: string): Promise<KeyRow> {
  if (isMultiRegionKeyId(keyId as KeyId)) await lockRelatives(tx, keyId);
  return lockKey(tx, region, keyId);
}

/** As lockFamily; undefined when the key is gone. */
export async function lockFamilyIfThere(tx: Transaction, region: string, keyId: string): Promise<KeyRow | undefined> {
  if (isMultiRegionKeyId(keyId as KeyId)) await lockRelatives(tx, keyId);
  return lockKeyIfThere(tx, region, keyId);
}

/** What is a replica's own. */
export interface NewReplica {
  readonly region: RegionName;
  readonly description: string;
  readonly state: KeyState;
  readonly policy: string;
}

/**
 * Inserts a replica with the shared properties of its primary. Its version begins past those of any replica that was there before and whose
 * end the fences still remember: versions grow by one, milliseconds faster.
 */
export async function insertReplica(tx: Transaction, primary: KeyRow, replica: NewReplica): Promise<void> {
  await tx.query(
    `insert into keys (region, key_id, account_id, description, key_state, key_spec, key_usage, origin, multi_region, multi_region_key_type,
       policy, authorisation_version)
     select $3, key_id, account_id, $4, $5, key_spec, key_usage, origin, true, 'REPLICA', $6, (extract(epoch from clock_timestamp()) * 1000)::bigint
     from keys where region = $1 and key_id = $2`,
    [primary.region, primary.keyId, replica.region, replica.description, replica.state, replica.policy],
    { name: 'insert-replica' },
  );
}

/**
 * Takes a replica that was there before out of the graveyard: what lies there is the material of the new one too, so it may not be shredded with
 * its second copy. Waits for a shredding that is under way.
 */
export async function leaveGraveyard(tx: Transaction, region: string, keyId: string): Promise<void> {
  await disarmTimer(tx, 'shred-material', region, keyId);
  await tx.query('delete from graveyard where region = $1 and key_id = $2', [region, keyId], { name: 'leave-graveyard' });
}

/** A wrapped material. */
export interface WrappedMaterial {
  readonly materialId: string;
  readonly token: Buffer;
}

/** Copies the wrapped materials of a key to its relative, all that is known of them; nothing is unwrapped. Returns the copies. */
export async function copyMaterials(tx: Transaction, keyId: string, from: string, to: string): Promise<WrappedMaterial[]> {
  const { rows } = await tx.query<WrappedMaterial>(
    `insert into materials
     select (jsonb_populate_record(m, jsonb_build_object('region', $3::text))).* from materials m where m.region = $1 and m.key_id = $2
     returning material_id as "materialId", token`,
    [from, keyId, to],
    { name: 'copy-materials' },
  );
  return rows;
}

/** Makes a key primary or replica; returns its new version. */
export async function updateMultiRegionKeyType(tx: Transaction, region: string, keyId: string, type: MultiRegionKeyType): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update keys set multi_region_key_type = $3, authorisation_version = authorisation_version + 1
     where region = $1 and key_id = $2 returning authorisation_version as version`,
    [region, keyId, type],
    { name: 'update-multi-region-key-type' },
  );
  return rows[0]?.version ?? 0n;
}

/** Lets a primary wait for its replicas to go, and remembers how long it shall wait then; returns its new version. */
export async function awaitReplicaDeletion(tx: Transaction, region: string, keyId: string, days: number): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update keys set key_state = 'PendingReplicaDeletion', pending_window_days = $3, authorisation_version = authorisation_version + 1
     where region = $1 and key_id = $2 returning authorisation_version as version`,
    [region, keyId, days],
    { name: 'await-replica-deletion' },
  );
  return rows[0]?.version ?? 0n;
}
