import type { Transaction } from '@trent/postgres';
import type { Reader } from './keys.ts';

/** AWS's spellings (KeyMaterialState). */
export type ImportedState = 'CURRENT' | 'NON_CURRENT' | 'PENDING_ROTATION' | 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';

/** Material that was imported once; whether it is there now is `isImported`. */
export interface ImportedMaterial {
  readonly materialId: string;
  readonly state: ImportedState;
  readonly description: string | null;
  /** Null: does not expire, or is not imported. */
  readonly validTo: Date | null;
  readonly isImported: boolean;
}

/** True for material that belongs to its key for ever; what waits for a rotation can still be replaced. */
export function isAssociated({ state }: Pick<ImportedMaterial, 'state'>): boolean {
  return state === 'CURRENT' || state === 'NON_CURRENT';
}

/** Every material that a key ever had and keeps the name of, oldest first. */
export async function listImported(db: Reader, region: string, keyId: string): Promise<ImportedMaterial[]> {
  const { rows } = await db.query<ImportedMaterial>(
    `select i.material_id as "materialId", i.material_state as state, i.description, i.valid_to as "validTo",
       exists (select from materials m where m.region = i.region and m.key_id = i.key_id and m.material_id = i.material_id) as "isImported"
     from imported_materials i where i.region = $1 and i.key_id = $2 order by i.first_imported_at, i.material_id`,
    [region, keyId],
    { name: 'imported-materials' },
  );
  return rows;
}

/** True if a key of Origin EXTERNAL has material, and all that belongs to it. */
export async function hasItsMaterials(db: Reader, region: string, keyId: string): Promise<boolean> {
  const associated = (await listImported(db, region, keyId)).filter(isAssociated);
  return associated.length > 0 && associated.every(({ isImported }) => isImported);
}

/** What an import leaves behind. */
export interface ImportedNow {
  readonly region: string;
  readonly keyId: string;
  readonly materialId: string;
  readonly state: ImportedState;
  /** Undefined: as it was. */
  readonly description: string | undefined;
  readonly validTo: Date | null;
  readonly token: Buffer;
  readonly rootVersion: number;
}

/** Keeps imported material, new or again: description unless given anew stays, expiry is set anew. The key must be locked. */
export async function keepImported(tx: Transaction, now: ImportedNow): Promise<void> {
  await tx.query(
    `insert into imported_materials (region, key_id, material_id, material_state, description, valid_to) values ($1, $2, $3, $4, $5, $6)
     on conflict (region, key_id, material_id) do update
       set description = coalesce(excluded.description, imported_materials.description), valid_to = excluded.valid_to`,
    [now.region, now.keyId, now.materialId, now.state, now.description ?? null, now.validTo],
  );
  await tx.query(
    `insert into materials (region, key_id, material_id, token, root_version, is_current) values ($1, $2, $3, $4, $5, $6)
     on conflict (region, key_id, material_id) do update set token = excluded.token, root_version = excluded.root_version`,
    [now.region, now.keyId, now.materialId, now.token, now.rootVersion, now.state === 'CURRENT'],
  );
}

/** Removes material; its name stays where only the same may come back. The key must be locked. */
export async function dropImported(tx: Transaction, region: string, keyId: string, materialId: string, keepsName: boolean): Promise<void> {
  const whose = [region, keyId, materialId];
  await tx.query('delete from materials where region = $1 and key_id = $2 and material_id = $3', whose);
  await tx.query(
    keepsName
      ? 'update imported_materials set valid_to = null where region = $1 and key_id = $2 and material_id = $3'
      : 'delete from imported_materials where region = $1 and key_id = $2 and material_id = $3',
    whose,
  );
}

/** Makes the material that waits the current one, for RotateKeyOnDemand; undefined: none waits. The key must be locked. */
export async function rotateToPending(tx: Transaction, region: string, keyId: string): Promise<string | undefined> {
  const pending = (await listImported(tx, region, keyId)).find(({ state, isImported }) => state === 'PENDING_ROTATION' && isImported);
  if (pending === undefined) return undefined;
  await tx.query(
    `update imported_materials set material_state = 'NON_CURRENT' where region = $1 and key_id = $2 and material_state = 'CURRENT'`,
    [region, keyId],
  );
  await tx.query('update materials set is_current = false where region = $1 and key_id = $2 and is_current', [region, keyId]);
  const which = [region, keyId, pending.materialId];
  await tx.query(`update imported_materials set material_state = 'CURRENT' where region = $1 and key_id = $2 and material_id = $3`, which);
  await tx.query('update materials set is_current = true where region = $1 and key_id = $2 and material_id = $3', which);
  return pending.materialId;
}
