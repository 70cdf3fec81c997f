import type { Transaction } from '@trent/postgres';
import { fail } from '@trent/errors';
import type { ImportedState } from './imports.ts';
import type { Reader } from './keys.ts';
import { disarmTimer } from './timers.ts';

/** Automatic rotation of a key that has it on. */
export interface RotationSettings {
  readonly periodDays: number;
  readonly nextRotationAt: Date;
}

export type RotationType = 'AUTOMATIC' | 'ON_DEMAND';

/** Undefined: automatic rotation is off. */
export async function readRotationSettings(db: Reader, region: string, keyId: string): Promise<RotationSettings | undefined> {
  const { rows } = await db.query<RotationSettings>(
    `select period_days as "periodDays", next_rotation_at as "nextRotationAt" from rotation_settings where region = $1 and key_id = $2`,
    [region, keyId],
    { name: 'rotation-settings' },
  );
  return rows[0];
}

/** Turns automatic rotation on; another period than before counts from now. @returns when the key will rotate */
export async function putRotationSettings(tx: Transaction, region: string, keyId: string, periodDays: number): Promise<Date> {
  const { rows } = await tx.query<{ nextRotationAt: Date }>(
    `insert into rotation_settings as s (region, key_id, period_days, next_rotation_at) values ($1, $2, $3, now() + make_interval(days => $3))
     on conflict (region, key_id) do update set period_days = excluded.period_days,
       next_rotation_at = case when s.period_days = excluded.period_days then s.next_rotation_at else excluded.next_rotation_at end
     returning next_rotation_at as "nextRotationAt"`,
    [region, keyId, periodDays],
  );
  return rows[0]?.nextRotationAt ?? fail('KMSInternalException');
}

/** Turns automatic rotation off. */
export async function dropRotationSettings(tx: Transaction, region: string, keyId: string): Promise<void> {
  await tx.query('delete from rotation_settings where region = $1 and key_id = $2', [region, keyId]);
}

/** The schedule goes on from the date that was due; one that was missed by more than a period starts anew. @returns the next date */
export async function advanceSchedule(tx: Transaction, region: string, keyId: string): Promise<Date> {
  const { rows } = await tx.query<{ nextRotationAt: Date }>(
    `update rotation_settings set next_rotation_at = case
       when next_rotation_at + make_interval(days => period_days) > now() then next_rotation_at + make_interval(days => period_days)
       else now() + make_interval(days => period_days) end
     where region = $1 and key_id = $2 returning next_rotation_at as "nextRotationAt"`,
    [region, keyId],
  );
  return rows[0]?.nextRotationAt ?? fail('KMSInternalException');
}

/** Arms the timer of a key that has automatic rotation on: at once if its date has passed while nothing could rotate. */
export async function armRotation(tx: Transaction, region: string, keyId: string): Promise<void> {
  await tx.query(
    `insert into timers (kind, region, subject, due_at)
     select 'rotate-key', region, key_id, next_rotation_at from rotation_settings where region = $1 and key_id = $2
     on conflict (kind, region, subject) do update set due_at = excluded.due_at`,
    [region, keyId],
  );
}

/** Takes the schedule of a multi-Region key to the Region of its new primary: relatives share it. */
export async function moveSchedule(tx: Transaction, keyId: string, from: string, to: string): Promise<void> {
  await tx.query('update rotation_settings set region = $3 where region = $1 and key_id = $2', [from, keyId, to]);
  await disarmTimer(tx, 'rotate-key', from, keyId);
  await armRotation(tx, to, keyId);
}

/** Gives a replica the history of its primary, whose materials it gets. */
export async function copyRotations(tx: Transaction, keyId: string, from: string, to: string): Promise<void> {
  await tx.query(
    `insert into rotations (region, key_id, ordinal, material_id, rotation_type, rotated_at)
     select $3, key_id, ordinal, material_id, rotation_type, rotated_at from rotations where region = $1 and key_id = $2`,
    [from, keyId, to],
  );
}

/** Puts a fresh material in the place of the current one, which stays to decrypt what it encrypted. The key must be locked. */
export async function insertCurrentMaterial(
  tx: Transaction,
  region: string,
  keyId: string,
  { materialId, token, rootVersion }: { readonly materialId: string; readonly token: Buffer; readonly rootVersion: number },
): Promise<void> {
  await tx.query('update materials set is_current = false where region = $1 and key_id = $2 and is_current', [region, keyId]);
  await tx.query('insert into materials (region, key_id, material_id, token, root_version, is_current) values ($1, $2, $3, $4, $5, true)', [
    region,
    keyId,
    materialId,
    token,
    rootVersion,
  ]);
}

/** Notes a rotation that was done. The key must be locked. */
export async function insertRotation(
  tx: Transaction,
  region: string,
  keyId: string,
  materialId: string,
  type: RotationType,
): Promise<void> {
  await tx.query(
    `insert into rotations (region, key_id, ordinal, material_id, rotation_type)
     select $1, $2, count(*) + 1, $3, $4 from rotations where region = $1 and key_id = $2`,
    [region, keyId, materialId, type],
  );
}

/** How many rotations on demand a key has had. */
export async function countOnDemand(db: Reader, region: string, keyId: string): Promise<number> {
  const { rows } = await db.query<{ count: bigint }>(
    `select count(*) from rotations where region = $1 and key_id = $2 and rotation_type = 'ON_DEMAND'`,
    [region, keyId],
  );
  return Number(rows[0]?.count ?? 0n);
}

/** A material of a key and how it became what it is. */
export interface RotationRow {
  /** 0: the first material; that which waits for its rotation comes last. */
  readonly ordinal: number;
  readonly materialId: string;
  readonly state: ImportedState;
  /** Null for the first material and for one that waits. */
  readonly rotatedAt: Date | null;
  readonly rotationType: RotationType | null;
  /** Of imported material alone, null for the service's own. */
  readonly isImported: boolean | null;
  readonly description: string | null;
  readonly validTo: Date | null;
}

/** Behind the first material, and behind every rotation. */
const PENDING_ORDINAL = 2_147_483_647;

const LIST = `with known as (
    select m.material_id, case when m.is_current then 'CURRENT' else 'NON_CURRENT' end as state,
      null::boolean as is_imported, null as description, null::timestamptz as valid_to
    from materials m where m.region = $1 and m.key_id = $2
      and not exists (select from imported_materials i where i.region = $1 and i.key_id = $2 and i.material_id = m.material_id)
    union all
    select i.material_id, i.material_state,
      exists (select from materials m where m.region = $1 and m.key_id = $2 and m.material_id = i.material_id), i.description, i.valid_to
    from imported_materials i where i.region = $1 and i.key_id = $2
  ), listed as (
    select k.*, r.rotated_at, r.rotation_type,
      coalesce(r.ordinal, case when k.state like 'PENDING%' then ${String(PENDING_ORDINAL)} else 0 end) as ordinal
    from known k left join rotations r on r.region = $1 and r.key_id = $2 and r.material_id = k.material_id
    where $3 or r.ordinal is not null
  )
  select ordinal, material_id as "materialId", state, rotated_at as "rotatedAt", rotation_type as "rotationType",
    is_imported as "isImported", description, valid_to as "validTo"
  from listed where ordinal > $4 order by ordinal limit $5`;

/** Rotations of a key behind `after`, oldest first; with `all` also materials that came without one. The page before the first is -1. */
export async function listRotations(
  db: Reader,
  key: { readonly region: string; readonly keyId: string },
  all: boolean,
  after: number,
  limit: number,
): Promise<RotationRow[]> {
  const { rows } = await db.query<RotationRow>(LIST, [key.region, key.keyId, all, after, limit], { name: 'rotations' });
  return rows;
}
