import type { Transaction } from '@trent/postgres';
import type { KeyRow } from './keys.ts';

/** Gives the replicas of a primary the name of a material that waits for its rotation, so that the same can be imported there. */
export async function nameInReplicas(tx: Transaction, primary: Pick<KeyRow, 'region' | 'keyId'>, materialId: string): Promise<void> {
  await tx.query(
    `insert into imported_materials (region, key_id, material_id, material_state, description)
     select k.region, i.key_id, i.material_id, i.material_state, i.description
     from imported_materials i join keys k on k.key_id = i.key_id and k.region <> i.region
     where i.region = $1 and i.key_id = $2 and i.material_id = $3
     on conflict (region, key_id, material_id) do nothing`,
    [primary.region, primary.keyId, materialId],
    { name: 'name-in-replicas' },
  );
}

/** Gives a new replica the names of what was imported into its primary: only the same may be imported there. */
export async function copyImportedNames(tx: Transaction, keyId: string, from: string, to: string): Promise<void> {
  await tx.query(
    `insert into imported_materials (region, key_id, material_id, material_state, description, first_imported_at)
     select $3, key_id, material_id, material_state, description, first_imported_at from imported_materials
     where region = $1 and key_id = $2`,
    [from, keyId, to],
    { name: 'copy-imported-names' },
  );
}

/**
 * Says of a material that waits whether every relative has it, so that it can be rotated to (API reference, RotationsListEntry,
 * KeyMaterialState). To be called whenever that may have changed; the family must be locked.
 */
export async function settlePending(tx: Transaction, keyId: string): Promise<void> {
  await tx.query(
    `update imported_materials i set material_state = case
       when exists (select from keys k where k.key_id = i.key_id and not exists (
         select from materials m where m.region = k.region and m.key_id = k.key_id and m.material_id = i.material_id))
       then 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION' else 'PENDING_ROTATION' end
     where i.key_id = $1 and i.material_state like 'PENDING%'`,
    [keyId],
    { name: 'settle-pending' },
  );
}
