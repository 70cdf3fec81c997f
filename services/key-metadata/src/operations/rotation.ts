import { awsEnum, kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { operationInState } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import { rotateToPending } from '../store/imports.ts';
import { factsOf, lockKey, readKey, regionsOf, type KeyRow } from '../store/keys.ts';
import { lockFamily } from '../store/relatives.ts';
import {
  armRotation,
  countOnDemand,
  dropRotationSettings,
  listRotations,
  putRotationSettings,
  readRotationSettings,
  type RotationRow,
} from '../store/rotations.ts';
import { disarmTimer } from '../store/timers.ts';
import { noteRotation, turnTo } from '../timers/rotation.ts';
import { answer, change, keyOf, type Call, type Deps } from './call.ts';
import { pageOf } from './marker.ts';
import { freshMaterialOf, type FreshMaterial } from './materials.ts';

/** API reference, EnableKeyRotation, RotationPeriodInDays: "If no value is specified, the default value is 365 days." */
const DEFAULT_PERIOD_DAYS = 365;
/** API reference, RotateKeyOnDemand: "a maximum of 25 times per KMS key". */
const MAX_ON_DEMAND = 25;
/** API reference, RotateKeyOnDemand, ConflictException: an automatic rotation "scheduled to begin within the next 20 minutes". */
const CONFLICT_MS = 20 * 60_000;
const LIST_ROTATIONS = { default: 100, most: 1000 };

const states = awsEnum('trent.kms.v1.KeyMaterialState');
const types = awsEnum('trent.kms.v1.RotationType');

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
export function enableKeyRotation(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { rotationPeriodInDays = DEFAULT_PERIOD_DAYS } = kms.EnableKeyRotationRequest.decode(call.request.input);
  return switchRotation(deps, call, 'EnableKeyRotation', async (tx, keyId) => {
    await putRotationSettings(tx, call.region, keyId, rotationPeriodInDays);
    await armRotation(tx, call.region, keyId);
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html */
export function disableKeyRotation(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  return switchRotation(deps, call, 'DisableKeyRotation', async (tx, keyId) => {
    await dropRotationSettings(tx, call.region, keyId);
    await disarmTimer(tx, 'rotate-key', call.region, keyId);
  });
}

function switchRotation(
  deps: Deps,
  call: Call,
  operation: 'EnableKeyRotation' | 'DisableKeyRotation',
  work: (tx: Transaction, keyId: string) => Promise<void>,
): Promise<invoke.InvokeResponse> {
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState(operation, key.state, arn, factsOf(key));
    await work(tx, keyId);
    // No decision and no use of a key leans on its schedule.
    return { response: {}, resources: [arn], changes: [] };
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html: a rotation on demand is done when it is answered. */
export async function getKeyRotationStatus(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { keyId, arn } = keyOf(call);
  const key = await readKey(deps.db, call.region, keyId);
  operationInState('GetKeyRotationStatus', key.state, arn, factsOf(key));
  const isDoomed = key.state === 'PendingDeletion' || key.state === 'PendingReplicaDeletion';
  // A replica follows its primary.
  const primary = key.relatives?.find(({ type }) => type === 'PRIMARY')?.region ?? key.region;
  const settings = isDoomed ? undefined : await readRotationSettings(deps.db, primary, keyId);
  const response = kms.GetKeyRotationStatusResponse.create({
    keyRotationEnabled: settings !== undefined,
    keyId,
    rotationPeriodInDays: settings?.periodDays,
    nextRotationDate: settings?.nextRotationAt,
  });
  return answer(call, response);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html: oldest first. */
export async function listKeyRotations(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { includeKeyMaterial, limit, marker } = kms.ListKeyRotationsRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  const key = await readKey(deps.db, call.region, keyId);
  operationInState('ListKeyRotations', key.state, arn);
  if (key.spec !== 'SYMMETRIC_DEFAULT' || (key.origin !== 'AWS_KMS' && key.origin !== 'EXTERNAL')) fail('UnsupportedOperationException');
  const all = includeKeyMaterial === kms.IncludeKeyMaterial.INCLUDE_KEY_MATERIAL_ALL_KEY_MATERIAL;
  const scope = ['ListKeyRotations', call.region, call.accountId, keyId, String(all)];
  const size = Math.min(limit ?? LIST_ROTATIONS.default, LIST_ROTATIONS.most);
  const after = marker === undefined ? -1 : Number(deps.markers.read(scope, marker));
  const { page, last } = pageOf(await listRotations(deps.db, key, all, after, size + 1), size);
  const response = kms.ListKeyRotationsResponse.create({
    rotations: page.map((row) => entryOf(keyId, row)),
    truncated: last !== undefined,
    nextMarker: last === undefined ? undefined : deps.markers.make(scope, String(last.ordinal)),
  });
  return answer(call, response);
}

/** Members on imports are those of keys of Origin EXTERNAL alone (API reference, RotationsListEntry). */
function entryOf(keyId: string, row: RotationRow): kms.RotationsListEntry {
  const isExternal = row.isImported !== null;
  return kms.RotationsListEntry.create({
    keyId,
    keyMaterialId: row.materialId,
    keyMaterialState: states.fromAws(row.state) as kms.KeyMaterialState,
    rotationDate: row.rotatedAt ?? undefined,
    rotationType: row.rotationType === null ? undefined : (types.fromAws(row.rotationType) as kms.RotationType),
    keyMaterialDescription: row.description ?? undefined,
    ...(isExternal ? importOf(row) : {}),
  });
}

function importOf({ isImported, validTo }: RotationRow): Partial<kms.RotationsListEntry> {
  if (isImported !== true) return { importState: kms.ImportState.IMPORT_STATE_PENDING_IMPORT };
  const importState = kms.ImportState.IMPORT_STATE_IMPORTED;
  return validTo === null
    ? { importState, expirationModel: kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE }
    : { importState, expirationModel: kms.ExpirationModel.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES, validTo };
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html: the new material is born, or found waiting, kept in JetStream
 * and Postgres, and current everywhere before the answer.
 */
export function rotateKeyOnDemand(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { keyId, arn } = keyOf(call);
  const { region } = call;
  // Once, however often the transaction runs: a second run must not leave a second backing key behind.
  let fresh: Promise<FreshMaterial> | undefined;
  return change(deps, call, async (tx) => {
    const key = await lockFamily(tx, region, keyId);
    operationInState('RotateKeyOnDemand', key.state, arn, factsOf(key));
    await checkMayTurn(tx, key, arn, deps.now());
    const turn = async (): Promise<string> => {
      fresh ??= freshMaterialOf(deps, key, call.deadline);
      const material = await fresh;
      await turnTo(tx, key, material);
      return material.materialId;
    };
    const materialId = key.origin === 'EXTERNAL' ? await turnToImported(tx, key, arn) : await turn();
    const { changes, audit } = await noteRotation(tx, key, materialId, 'ON_DEMAND', { newEventId: deps.newEventId, nowMs: deps.now() });
    return { response: kms.RotateKeyOnDemandResponse.create({ keyId: arn }), resources: [arn], changes, events: audit };
  });
}

/** The material that waits becomes current, in every Region that the key lives in: it must wait in each. @throws KMSInvalidStateException */
async function turnToImported(tx: Transaction, key: KeyRow, arn: string): Promise<string> {
  const turned = new Set<string | undefined>();
  for (const region of regionsOf(key)) turned.add(await rotateToPending(tx, region, key.keyId));
  const [materialId, ...others] = turned;
  if (materialId === undefined || others.length > 0) {
    return fail('KMSInvalidStateException', `No available key material pending rotation for the key: ${arn}.`);
  }
  return materialId;
}

/** @throws ConflictException, LimitExceededException */
async function checkMayTurn(tx: Transaction, { region, keyId }: KeyRow, arn: string, nowMs: number): Promise<void> {
  const settings = await readRotationSettings(tx, region, keyId);
  if (settings !== undefined && settings.nextRotationAt.getTime() <= nowMs + CONFLICT_MS) {
    fail('ConflictException', `An automatic rotation of the key is in progress or scheduled to begin within the next 20 minutes: ${arn}`);
  }
  if ((await countOnDemand(tx, region, keyId)) >= MAX_ON_DEMAND) {
    fail(
      'LimitExceededException',
      `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arn}`,
    );
  }
}
