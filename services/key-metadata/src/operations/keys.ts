import { kms, type invoke } from '@trent/contracts';
import { keyArn } from '@trent/identifiers';
import { operationInState, type KeyState } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import { hasItsMaterials } from '../store/imports.ts';
import { arnOf, listKeyIds, lockKey, readKey, updateDescription, updateState, type KeyRow } from '../store/keys.ts';
import { awaitReplicaDeletion } from '../store/relatives.ts';
import { armRotation } from '../store/rotations.ts';
import { armTimer, disarmTimer } from '../store/timers.ts';
import { answer, change, keyChange, keyOf, type Call, type Deps, type Done } from './call.ts';
import { metadataOf } from './key-metadata.ts';
import { pageOf } from './marker.ts';

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;
const LIST_KEYS = { default: 100, most: 1000 };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
export async function describeKey(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const key = await readKey(deps.db, call.region, keyOf(call).keyId);
  return answer(call, kms.DescribeKeyResponse.create({ keyMetadata: metadataOf(key) }));
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
export async function listKeys(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { limit, marker, resourceOwners } = kms.ListKeysRequest.decode(call.request.input);
  const { region, accountId } = call;
  // Without RAM no other account shares keys with this one.
  if (resourceOwners.includes(kms.ResourceOwnerType.RESOURCE_OWNER_TYPE_OTHER_ACCOUNTS_VIA_RAM))
    return answer(call, { keys: [], truncated: false });
  const scope = ['ListKeys', region, accountId];
  const size = Math.min(limit ?? LIST_KEYS.default, LIST_KEYS.most);
  const { page, last } = pageOf(await listKeyIds(deps.db, region, accountId, deps.markers.read(scope, marker), size + 1), size);
  const keys = page.map((keyId) => ({ keyId, keyArn: keyArn(region, accountId, keyId) }));
  return answer(call, { keys, truncated: last !== undefined, nextMarker: last === undefined ? undefined : deps.markers.make(scope, last) });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html: it may be empty. */
export function updateKeyDescription(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { description = '' } = kms.UpdateKeyDescriptionRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('UpdateKeyDescription', key.state, arn);
    await updateDescription(tx, call.region, keyId, description);
    return { response: {}, resources: [arn], changes: [] };
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html */
export const enableKey = (deps: Deps, call: Call) => switchKey(deps, call, 'EnableKey', 'Enabled');
/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html */
export const disableKey = (deps: Deps, call: Call) => switchKey(deps, call, 'DisableKey', 'Disabled');

function switchKey(deps: Deps, call: Call, operation: 'EnableKey' | 'DisableKey', state: KeyState): Promise<invoke.InvokeResponse> {
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState(operation, key.state, arn);
    if (key.state === state) return { response: {}, resources: [arn], changes: [] };
    const version = await updateState(tx, call.region, keyId, state, null);
    // A rotation that was due while the key could not rotate is done at once.
    if (state === 'Enabled') await armRotation(tx, call.region, keyId);
    return { response: {}, resources: [arn], changes: [keyChange(call.region, keyId, version)] };
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
export function scheduleKeyDeletion(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const days = kms.ScheduleKeyDeletionRequest.decode(call.request.input).pendingWindowInDays ?? DEFAULT_WINDOW_DAYS;
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('ScheduleKeyDeletion', key.state, arn);
    if (hasReplicas(key)) return waitForReplicas(tx, key, days);
    const deletionDate = new Date(deps.now() + days * DAY_MS);
    const version = await updateState(tx, call.region, keyId, 'PendingDeletion', deletionDate);
    await armTimer(tx, 'delete-key', call.region, keyId, days);
    const response = kms.ScheduleKeyDeletionResponse.create({
      keyId: arnOf(key),
      deletionDate,
      keyState: kms.KeyState.KEY_STATE_PENDING_DELETION,
      pendingWindowInDays: days,
    });
    return { response, resources: [arn], changes: [keyChange(call.region, keyId, version)] };
  });
}

function hasReplicas({ multiRegionKeyType, relatives }: KeyRow): boolean {
  return multiRegionKeyType === 'PRIMARY' && (relatives ?? []).length > 1;
}

/** A primary outlives its replicas: its waiting time begins when the last of them is gone (timers/deletion.ts), so there is no date yet. */
async function waitForReplicas(tx: Transaction, key: KeyRow, days: number): Promise<Done<kms.ScheduleKeyDeletionResponse>> {
  const version = await awaitReplicaDeletion(tx, key.region, key.keyId, days);
  const response = kms.ScheduleKeyDeletionResponse.create({
    keyId: arnOf(key),
    keyState: kms.KeyState.KEY_STATE_PENDING_REPLICA_DELETION,
    pendingWindowInDays: days,
  });
  return { response, resources: [arnOf(key)], changes: [keyChange(key.region, key.keyId, version)] };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html: the key comes back Disabled, whatever it was, or without material as it waits for it. */
export function cancelKeyDeletion(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('CancelKeyDeletion', key.state, arn);
    const isComplete = key.origin !== 'EXTERNAL' || (await hasItsMaterials(tx, call.region, keyId));
    const version = await updateState(tx, call.region, keyId, isComplete ? 'Disabled' : 'PendingImport', null);
    await disarmTimer(tx, 'delete-key', call.region, keyId);
    const response = kms.CancelKeyDeletionResponse.create({ keyId: arn });
    return { response, resources: [arn], changes: [keyChange(call.region, keyId, version)] };
  });
}
