import { kms, operations, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { RegionName } from '@trent/identifiers';
import { operationInState } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import { defaultKeyPolicy } from '@trent/policy-language';
import { copyImportedNames, settlePending } from '../store/family-imports.ts';
import { arnOf, factsOf, readKey, type KeyRow } from '../store/keys.ts';
import { copyMaterials, insertReplica, leaveGraveyard, lockFamily, lockRelatives, updateMultiRegionKeyType } from '../store/relatives.ts';
import { copyRotations, moveSchedule } from '../store/rotations.ts';
import { putTags } from '../store/tags.ts';
import { change, keyChange, keyOf, type Call, type Deps, type Done, type Elsewhere } from './call.ts';
import { checkPolicy } from './check-policy.ts';
import { createKeyRequestOf, metadataOf } from './key-metadata.ts';
import { checkReplicaRegion } from './region-groups.ts';
import { tagRows } from './tags.ts';

/**
 * The wrapped key and the shared properties go to the other Region in one transaction; the material stays wrapped under the group's root set,
 * which the tokens of both Regions hold. Recorded as ReplicateKey here and as CreateKey there.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
 */
export function replicateKey(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.ReplicateKeyRequest.decode(call.request.input);
  const region = (request.replicaRegion ?? '') as RegionName;
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const primary = await lockFamily(tx, call.region, keyId);
    operationInState('ReplicateKey', primary.state, arn, factsOf(primary));
    checkReplicaRegion(deps.regions, call.region, region);
    if (primary.relatives?.some((one) => one.region === region) === true) {
      fail('AlreadyExistsException', `The key ${arnOf({ ...primary, region })} already exists.`);
    }
    await deps.keyQuota.check(tx, region, primary.accountId);
    const policy = readPolicy(deps, call, primary, request);
    const state = primary.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled';
    await insertReplica(tx, primary, { region, description: request.description ?? '', state, policy });
    await leaveGraveyard(tx, region, keyId);
    await giveMaterials(deps, call, tx, primary, region);
    await putTags(tx, region, keyId, tagRows(request.tags));
    const replica = await readKey(tx, region, keyId);
    const replicaKeyMetadata = metadataOf(replica);
    return {
      response: kms.ReplicateKeyResponse.create({ replicaKeyMetadata, replicaPolicy: policy, replicaTags: request.tags }),
      resources: [arn],
      // What holds the primary in view does not show its replicas, and nothing holds what did not exist.
      changes: [],
      elsewhere: birthOf(replica, request, replicaKeyMetadata),
    };
  });
}

function readPolicy(deps: Deps, call: Call, primary: KeyRow, request: kms.ReplicateKeyRequest): string {
  if (request.policy === undefined) return defaultKeyPolicy(primary.accountId);
  const arn = arnOf({ ...primary, region: (request.replicaRegion ?? '') as RegionName });
  checkPolicy(call, arn, request.policy, request.bypassPolicyLockoutSafetyCheck ?? false, deps.now());
  return request.policy;
}

/** Every wrapped key is stored twice before the answer, in the replica's Region too (P4). Imported material is for the user to import again. */
async function giveMaterials(deps: Deps, call: Call, tx: Transaction, primary: KeyRow, region: string): Promise<void> {
  await copyRotations(tx, primary.keyId, primary.region, region);
  if (primary.origin === 'EXTERNAL') {
    await copyImportedNames(tx, primary.keyId, primary.region, region);
    return settlePending(tx, primary.keyId);
  }
  const materials = await copyMaterials(tx, primary.keyId, primary.region, region);
  await Promise.all(materials.map(({ materialId, token }) => deps.keepToken(region, primary.keyId, materialId, token, call.deadline)));
}

function birthOf(replica: KeyRow, request: kms.ReplicateKeyRequest, keyMetadata: kms.KeyMetadata): Elsewhere {
  const { policy, bypassPolicyLockoutSafetyCheck, tags } = request;
  return {
    region: replica.region,
    operation: operations.get('kms.CreateKey') ?? fail('KMSInternalException'),
    request: createKeyRequestOf(replica, { policy, bypassPolicyLockoutSafetyCheck, tags }),
    response: kms.CreateKeyResponse.create({ keyMetadata }),
    resources: [arnOf(replica)],
  };
}

/**
 * Swaps the roles of primary and replica. Both rows change in one transaction, so there is no time in which the keys are Updating.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html
 */
export function updatePrimaryRegion(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const primaryRegion = (kms.UpdatePrimaryRegionRequest.decode(call.request.input).primaryRegion ?? '') as RegionName;
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx): Promise<Done<kms.UpdatePrimaryRegionResponse>> => {
    const relatives = await lockRelatives(tx, keyId);
    const primary = relatives.find(({ region }) => region === call.region) ?? fail('NotFoundException', `Key '${arn}' does not exist`);
    operationInState('UpdatePrimaryRegion', primary.state, arn, factsOf(primary));
    if (primaryRegion === call.region) fail('UnsupportedOperationException', `${arn} is the primary key already.`);
    const replicaArn = arnOf({ ...primary, region: primaryRegion });
    const replica =
      relatives.find(({ region }) => region === primaryRegion) ?? fail('NotFoundException', `Key '${replicaArn}' does not exist`);
    operationInState('UpdatePrimaryRegion', replica.state, replicaArn);
    // It came to be after policy had looked for it: a repeat is judged with both keys.
    if (!call.request.keyArns.includes(replicaArn)) fail('KMSInternalException');
    // In this order: there is one primary at any moment.
    const here = await updateMultiRegionKeyType(tx, call.region, keyId, 'REPLICA');
    const there = await updateMultiRegionKeyType(tx, primaryRegion, keyId, 'PRIMARY');
    await moveSchedule(tx, keyId, call.region, primaryRegion);
    return {
      response: {},
      resources: [arn, replicaArn],
      changes: [keyChange(call.region, keyId, here), keyChange(primaryRegion, keyId, there)],
      elsewhere: { region: primaryRegion, operation: call.operation, response: {}, resources: [replicaArn, arn] },
    };
  });
}
