import { isMultiRegionKeyId, type KeyId } from '@trent/identifiers';
import type { Transaction } from '@trent/postgres';
import { keyChange } from '../operations/call.ts';
import { settlePending } from '../store/family-imports.ts';
import { dropImported, isAssociated, listImported, type ImportedMaterial } from '../store/imports.ts';
import { lockKeyIfThere, raiseVersion, updateState, type KeyRow } from '../store/keys.ts';
import { lockRelatives } from '../store/relatives.ts';
import { armTimerAt, disarmTimer, type DueTimer } from '../store/timers.ts';
import { record, type Deed, type Facts } from './deletion.ts';

type KeyChange = ReturnType<typeof keyChange>;

const NOTHING: Deed = { changes: [], audit: [] };

/**
 * Takes imported material from its key, at the user's word or the end of its time. What only waited for its rotation leaves a primary's replicas
 * with it; a replica's material is its own, but for the name (API reference, DeleteImportedKeyMaterial). The family must be locked.
 */
export async function removeImported(tx: Transaction, key: KeyRow, material: ImportedMaterial): Promise<KeyChange[]> {
  const { keyId, multiRegionKeyType } = key;
  const keepsName = isAssociated(material) || multiRegionKeyType === 'REPLICA';
  const changes = [await removeHere(tx, key, material, keepsName)];
  if (!keepsName) {
    for (const { region } of (key.relatives ?? []).filter((one) => one.type === 'REPLICA')) {
      const { key: replica, material: same } = await materialOf(tx, region, `${keyId}/${material.materialId}`);
      if (replica !== undefined && same !== undefined) changes.push(await removeHere(tx, replica, same, false));
    }
  }
  if (multiRegionKeyType !== null) await settlePending(tx, keyId);
  return changes;
}

/**
 * There is no graveyard: the user has the material, and wants it gone. The copy in JetStream follows by a timer, so that a transaction that fails
 * takes nothing away.
 */
async function removeHere(tx: Transaction, key: KeyRow, material: ImportedMaterial, keepsName: boolean): Promise<KeyChange> {
  const { region, keyId, state } = key;
  await dropImported(tx, region, keyId, material.materialId, keepsName);
  const subject = `${keyId}/${material.materialId}`;
  await disarmTimer(tx, 'expire-material', region, subject);
  await armTimerAt(tx, 'forget-material', region, subject, new Date(0));
  const wasUsable = state === 'Enabled' || state === 'Disabled';
  const isMissed = isAssociated(material) && wasUsable;
  return keyChange(
    region,
    keyId,
    await (isMissed ? updateState(tx, region, keyId, 'PendingImport', null) : raiseVersion(tx, region, keyId)),
  );
}

/**
 * ValidTo has come: the material goes. The claimed timer says so, not the clock: an import that sets another date sets the timer anew, and waits for
 * it while it is claimed.
 */
export async function expireMaterial(tx: Transaction, { region, subject }: DueTimer, facts: Facts): Promise<Deed> {
  const { key, material } = await materialOf(tx, region, subject);
  if (key === undefined || material?.isImported !== true || material.validTo === null) return NOTHING;
  const details = { keyId: key.keyId, keyMaterialId: material.materialId };
  return {
    changes: await removeImported(tx, key, material),
    audit: [record('DeleteExpiredKeyMaterial', region, key.accountId, key.keyId, facts, details)],
  };
}

/** Shreds the second copy of material that is gone; the key's lock keeps an import of the same material from coming in between. */
export async function forgetMaterial(
  tx: Transaction,
  { region, subject }: DueTimer,
  forgetTokens: (region: string, keyId: string, materialId?: string) => Promise<void>,
): Promise<Deed> {
  const { material } = await materialOf(tx, region, subject);
  const [keyId = '', materialId] = subject.split('/');
  if (material?.isImported !== true) await forgetTokens(region, keyId, materialId);
  return NOTHING;
}

async function materialOf(tx: Transaction, region: string, subject: string): Promise<{ key?: KeyRow; material?: ImportedMaterial }> {
  const [keyId = '', materialId] = subject.split('/');
  if (isMultiRegionKeyId(keyId as KeyId)) await lockRelatives(tx, keyId);
  const key = await lockKeyIfThere(tx, region, keyId);
  if (key === undefined) return {};
  const material = (await listImported(tx, region, keyId)).find((one) => one.materialId === materialId);
  return material === undefined ? { key } : { key, material };
}
