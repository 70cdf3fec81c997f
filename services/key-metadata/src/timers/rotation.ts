import type { Transaction } from '@trent/postgres';
import { keyChange } from '../operations/call.ts';
import type { FreshMaterial } from '../operations/materials.ts';
import { arnOf, raiseVersion, regionsOf, type KeyRow } from '../store/keys.ts';
import { lockFamilyIfThere } from '../store/relatives.ts';
import { advanceSchedule, armRotation, insertCurrentMaterial, insertRotation, readRotationSettings } from '../store/rotations.ts';
import type { RotationType } from '../store/rotations.ts';
import type { DueTimer } from '../store/timers.ts';
import { record, type Deed } from './deletion.ts';

const NOTHING: Deed = { changes: [], audit: [] };

/** Makes a backing key for a key and keeps its token in JetStream; it becomes current only by the transaction that follows. */
export type FreshMaterialFor = (key: KeyRow) => Promise<FreshMaterial>;

/** What the records of a rotation need; a multi-Region key has one in each of its Regions. */
export interface RotationFacts {
  readonly newEventId: () => string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** The date of an automatic rotation has come. A key that can not rotate now does so when it is enabled again (kms-api §7). */
export async function rotateDueKey(
  tx: Transaction,
  { region, subject: keyId }: DueTimer,
  facts: RotationFacts,
  freshMaterial: FreshMaterialFor,
): Promise<Deed> {
  const key = await lockFamilyIfThere(tx, region, keyId);
  const settings = await readRotationSettings(tx, region, keyId);
  if (key?.state !== 'Enabled' || settings === undefined) return NOTHING;
  const fresh = await freshMaterial(key);
  await turnTo(tx, key, fresh);
  await advanceSchedule(tx, region, keyId);
  await armRotation(tx, region, keyId);
  return noteRotation(tx, key, fresh.materialId, 'AUTOMATIC', facts);
}

/** Puts a fresh material in the place of the current one, in each Region that the key lives in. */
export async function turnTo(tx: Transaction, key: KeyRow, fresh: FreshMaterial): Promise<void> {
  for (const region of regionsOf(key)) await insertCurrentMaterial(tx, region, key.keyId, fresh);
}

/**
 * Notes that a key has another current material: in its history, in the trail (kms-api §14.2, service event RotateKey), and for every replica of
 * every service, so that whoever encrypts after the answer uses the new one.
 */
export async function noteRotation(
  tx: Transaction,
  key: KeyRow,
  materialId: string,
  type: RotationType,
  { newEventId, nowMs }: RotationFacts,
): Promise<Deed> {
  const { keyId, accountId } = key;
  const details = {
    keyId,
    keyOrigin: key.origin,
    rotationType: type,
    previousKeyMaterialId: key.currentMaterialId ?? '',
    currentKeyMaterialId: materialId,
  };
  const changes: Deed['changes'] = [];
  const audit: { region: string; record: string }[] = [];
  for (const region of regionsOf(key)) {
    await insertRotation(tx, region, keyId, materialId, type);
    changes.push(keyChange(region, keyId, await raiseVersion(tx, region, keyId)));
    audit.push(record('RotateKey', region, accountId, keyId, { eventId: newEventId(), nowMs }, details));
    if (region === key.region) continue;
    // A replica's material follows its primary's (developer guide, "Shared properties of multi-Region keys").
    audit.push(
      record(
        'SynchronizeMultiRegionKey',
        region,
        accountId,
        keyId,
        { eventId: newEventId(), nowMs },
        { keyArn: arnOf({ ...key, region }) },
      ),
    );
  }
  return { changes, audit };
}
