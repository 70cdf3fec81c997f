import type { KeyFacts, KeySpec, KeyState, KeyUsage, MultiRegionRole, Origin } from '@trent/key-model';
import { fail } from '@trent/errors';
import { keyArn, type AccountId, type KeyArn, type KeyId, type RegionName } from '@trent/identifiers';
import { isUniqueViolation, type Database, type Transaction } from '@trent/postgres';

/** A key's row. */
export interface KeyRow {
  readonly region: RegionName;
  readonly keyId: KeyId;
  readonly accountId: AccountId;
  readonly description: string;
  readonly state: KeyState;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly origin: Origin;
  readonly multiRegion: boolean;
  readonly policy: string;
  readonly createdAt: Date;
  readonly deletionDate: Date | null;
  readonly version: bigint;
  readonly currentMaterialId: string | null;
  /** False for a key of Origin EXTERNAL whose current material is not there. */
  readonly hasMaterial: boolean;
  /** Of imported material: the earliest end of what belongs to the key. */
  readonly validTo: Date | null;
  /** Of multi-Region keys alone; so is the list of all relatives, this one included, in the order of their Regions. */
  readonly multiRegionKeyType: MultiRegionKeyType | null;
  readonly relatives: readonly Relative[] | null;
  /** Of a primary that waits for its replicas to go. */
  readonly pendingWindowDays: number | null;
  /** The service whose key it is ("s3"); null: its account's own. */
  readonly managedBy: string | null;
  /** Of keys in custom key stores alone: the store, what the store calls the key, and the cluster it is made of. */
  readonly customKeyStoreId: string | null;
  readonly storeObjectId: string | null;
  readonly clusterId: string | null;
}

export type MultiRegionKeyType = Exclude<MultiRegionRole, 'NONE'>;

/** One of the keys that have the same id and material in different Regions. */
export interface Relative {
  readonly region: RegionName;
  readonly type: MultiRegionKeyType;
}

/** Reads go through the pool or a transaction alike. */
export type Reader = Pick<Transaction, 'query'> | Database;

/** A key's state as it shows: while its custom key store is not connected, what is enabled or disabled is unavailable (kms-api §2). */
export const VISIBLE_STATE = `case when k.custom_key_store_id is not null and k.key_state in ('Enabled', 'Disabled') and not exists (
    select from key_stores s where s.region = k.region and s.store_id = k.custom_key_store_id and s.connection_state = 'CONNECTED')
  then 'Unavailable' else k.key_state end`;

const COLUMNS = `k.region, k.key_id as "keyId", k.account_id as "accountId", k.description, ${VISIBLE_STATE} as state, k.key_spec as spec,
  k.key_usage as usage, k.origin, k.multi_region as "multiRegion", k.policy, k.created_at as "createdAt", k.deletion_date as "deletionDate",
  k.authorisation_version as version,
  coalesce(
    (select m.material_id from materials m where m.region = k.region and m.key_id = k.key_id and m.is_current),
    (select i.material_id from imported_materials i
     where i.region = k.region and i.key_id = k.key_id and i.material_state = 'CURRENT')) as "currentMaterialId",
  k.origin <> 'EXTERNAL' or exists (
    select from materials m where m.region = k.region and m.key_id = k.key_id and m.is_current) as "hasMaterial",
  (select min(i.valid_to) from imported_materials i where k.origin = 'EXTERNAL' and i.region = k.region and i.key_id = k.key_id
     and i.material_state in ('CURRENT', 'NON_CURRENT')) as "validTo",
  k.multi_region_key_type as "multiRegionKeyType", k.pending_window_days as "pendingWindowDays", k.managed_by as "managedBy",
  k.custom_key_store_id as "customKeyStoreId", k.store_object_id as "storeObjectId",
  (select s.cluster_id from key_stores s where s.region = k.region and s.store_id = k.custom_key_store_id) as "clusterId",
  case when k.multi_region then
    (select jsonb_agg(jsonb_build_object('region', r.region, 'type', r.multi_region_key_type) order by r.region)
     from keys r where r.key_id = k.key_id and r.multi_region) end as relatives`;

/** What operations ask of the key itself. */
export function factsOf(key: Pick<KeyRow, 'spec' | 'origin' | 'multiRegionKeyType'>): KeyFacts {
  return { spec: key.spec, origin: key.origin, multiRegion: key.multiRegionKeyType ?? 'NONE' };
}

const KEY = `select ${COLUMNS} from keys k where k.region = $1 and k.key_id = $2`;

/** The ARN of a row's key. */
export function arnOf(key: Pick<KeyRow, 'region' | 'accountId' | 'keyId'>): KeyArn {
  return keyArn(key.region, key.accountId, key.keyId);
}

/** @throws NotFoundException when the key is gone */
export async function readKey(db: Reader, region: string, keyId: string): Promise<KeyRow> {
  const { rows } = await db.query<KeyRow>(KEY, [region, keyId], { name: 'key' });
  return rows[0] ?? notFound(keyId);
}

/** The key, locked until the transaction ends: its state is judged and changed by one at a time. */
export async function lockKey(tx: Transaction, region: string, keyId: string): Promise<KeyRow> {
  return (await lockKeyIfThere(tx, region, keyId)) ?? notFound(keyId);
}

/** Several keys, locked in the order of their ids so that two who want the same don't wait for each other; what is twice comes once. */
export async function lockKeys(tx: Transaction, region: string, keyIds: readonly string[]): Promise<Map<string, KeyRow>> {
  const keys = new Map<string, KeyRow>();
  for (const keyId of [...new Set(keyIds)].sort()) keys.set(keyId, await lockKey(tx, region, keyId));
  return keys;
}

/** As lockKey; undefined when the key is gone. */
export async function lockKeyIfThere(tx: Transaction, region: string, keyId: string): Promise<KeyRow | undefined> {
  // In two statements: one that waited for the lock would show the key's materials and relatives as they were when it began to wait.
  await tx.query('select from keys where region = $1 and key_id = $2 for update', [region, keyId], { name: 'lock-key' });
  const { rows } = await tx.query<KeyRow>(KEY, [region, keyId], { name: 'key' });
  return rows[0];
}

/** The Regions that a key's material lives in: its own, or those of all relatives. */
export function regionsOf({ region, relatives }: Pick<KeyRow, 'region' | 'relatives'>): readonly RegionName[] {
  return relatives === null ? [region] : relatives.map((relative) => relative.region);
}

/** Keys of an account and Region behind `after`, in the order of their ids. */
export async function listKeyIds(db: Reader, region: string, accountId: string, after: string, limit: number): Promise<KeyId[]> {
  const { rows } = await db.query<{ keyId: KeyId }>(
    'select key_id as "keyId" from keys where region = $1 and account_id = $2 and key_id > $3 order by key_id limit $4',
    [region, accountId, after, limit],
    { name: 'key-ids' },
  );
  return rows.map(({ keyId }) => keyId);
}

export interface NewKey extends Pick<
  KeyRow,
  'region' | 'keyId' | 'accountId' | 'description' | 'state' | 'spec' | 'usage' | 'origin' | 'multiRegionKeyType' | 'policy'
> {
  /** None for a key that waits for its user's. */
  readonly material:
    { readonly materialId: string; readonly token: Buffer; readonly rootVersion: number; readonly objectId?: string } | undefined;
  readonly managedBy?: string;
  /** The custom key store that it lives in, if any. */
  readonly customKeyStoreId?: string | undefined;
}

/** Inserts a key with its first material, if it has one. */
export async function insertKey(tx: Transaction, key: NewKey): Promise<void> {
  await tx
    .query(
      `with k as (
       insert into keys (region, key_id, account_id, description, key_state, key_spec, key_usage, origin, multi_region, multi_region_key_type, policy,
         managed_by, custom_key_store_id, store_object_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text is not null, $9, $10, $14, $15, $16) returning region, key_id)
     insert into materials (region, key_id, material_id, token, root_version, is_current)
     select region, key_id, $11::text, $12::bytea, $13::integer, true from k where $11::text is not null`,
      [
        key.region,
        key.keyId,
        key.accountId,
        key.description,
        key.state,
        key.spec,
        key.usage,
        key.origin,
        key.multiRegionKeyType,
        key.policy,
        key.material?.materialId ?? null,
        key.material?.token ?? null,
        key.material?.rootVersion ?? null,
        key.managedBy ?? null,
        key.customKeyStoreId ?? null,
        key.customKeyStoreId === undefined ? null : (key.material?.objectId ?? null),
      ],
      { name: 'insert-key' },
    )
    .catch(refuseExternalKeyTwice);
}

/** Each KMS key of an external key store has an external key of its own. */
function refuseExternalKeyTwice(error: unknown): never {
  if (isUniqueViolation(error, 'keys_of_store')) fail('XksKeyAlreadyInUseException', undefined, { cause: error });
  throw error;
}

/** Sets state and deletion date; returns the key's new version. */
export async function updateState(
  tx: Transaction,
  region: string,
  keyId: string,
  state: KeyState,
  deletionDate: Date | null,
): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update keys set key_state = $3, deletion_date = $4, pending_window_days = null, authorisation_version = authorisation_version + 1
     where region = $1 and key_id = $2 returning authorisation_version as version`,
    [region, keyId, state, deletionDate],
    { name: 'update-state' },
  );
  return rows[0]?.version ?? notFound(keyId);
}

/** Replaces the policy; returns the key's new version. */
export async function updatePolicy(tx: Transaction, region: string, keyId: string, policy: string): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update keys set policy = $3, authorisation_version = authorisation_version + 1
     where region = $1 and key_id = $2 returning authorisation_version as version`,
    [region, keyId, policy],
    { name: 'update-policy' },
  );
  return rows[0]?.version ?? notFound(keyId);
}

/** Replaces the description, which no decision leans on. */
export async function updateDescription(tx: Transaction, region: string, keyId: string, description: string): Promise<void> {
  await tx.query('update keys set description = $3 where region = $1 and key_id = $2', [region, keyId, description]);
}

/** Raises the version of a key whose view changed otherwise. */
export async function raiseVersion(tx: Transaction, region: string, keyId: string): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update keys set authorisation_version = authorisation_version + 1
     where region = $1 and key_id = $2 returning authorisation_version as version`,
    [region, keyId],
    { name: 'raise-version' },
  );
  return rows[0]?.version ?? notFound(keyId);
}

function notFound(keyId: string): never {
  return fail('NotFoundException', `Key '${keyId}' does not exist`);
}
