import type { invoke, KeyMetadataRpc } from '@trent/contracts';
import { fail } from '@trent/errors';
import { connectCustomKeyStore, disconnectCustomKeyStore } from '../key-stores/connection.ts';
import { createCustomKeyStore } from '../key-stores/create.ts';
import { deleteCustomKeyStore } from '../key-stores/delete.ts';
import { describeCustomKeyStores } from '../key-stores/describe.ts';
import { updateCustomKeyStore } from '../key-stores/update.ts';
import { createAlias, deleteAlias, listAliases, updateAlias } from './aliases.ts';
import { readCall, type Deps, type Handlers, earlierAnswer } from './call.ts';
import { createGrant } from './create-grant.ts';
import { createKey } from './create-key.ts';
import { listGrants, listRetirableGrants, retireGrant, revokeGrant } from './grants.ts';
import { deleteImportedKeyMaterial, getParametersForImport, importKeyMaterial } from './imports.ts';
import { cancelKeyDeletion, describeKey, disableKey, enableKey, listKeys, scheduleKeyDeletion, updateKeyDescription } from './keys.ts';
import { replicateKey, updatePrimaryRegion } from './multi-region.ts';
import { getKeyLastUsage } from './last-usage.ts';
import { getKeyPolicy, listKeyPolicies, putKeyPolicy } from './policies.ts';
import { disableKeyRotation, enableKeyRotation, getKeyRotationStatus, listKeyRotations, rotateKeyOnDemand } from './rotation.ts';
import { listResourceTags, tagResource, untagResource } from './tags.ts';

/** Every operation whose room is key-metadata; one missing is a type error. */
const handlers = {
  'kms.CreateKey': createKey,
  'kms.CreateCustomKeyStore': createCustomKeyStore,
  'kms.DescribeCustomKeyStores': describeCustomKeyStores,
  'kms.UpdateCustomKeyStore': updateCustomKeyStore,
  'kms.ConnectCustomKeyStore': connectCustomKeyStore,
  'kms.DisconnectCustomKeyStore': disconnectCustomKeyStore,
  'kms.DeleteCustomKeyStore': deleteCustomKeyStore,
  'kms.DescribeKey': describeKey,
  'kms.ListKeys': listKeys,
  'kms.EnableKey': enableKey,
  'kms.DisableKey': disableKey,
  'kms.ScheduleKeyDeletion': scheduleKeyDeletion,
  'kms.CancelKeyDeletion': cancelKeyDeletion,
  'kms.CreateAlias': createAlias,
  'kms.UpdateKeyDescription': updateKeyDescription,
  'kms.ListAliases': listAliases,
  'kms.UpdateAlias': updateAlias,
  'kms.DeleteAlias': deleteAlias,
  'kms.GetKeyPolicy': getKeyPolicy,
  'kms.PutKeyPolicy': putKeyPolicy,
  'kms.ListKeyPolicies': listKeyPolicies,
  'kms.GetParametersForImport': getParametersForImport,
  'kms.ImportKeyMaterial': importKeyMaterial,
  'kms.DeleteImportedKeyMaterial': deleteImportedKeyMaterial,
  'kms.ReplicateKey': replicateKey,
  'kms.UpdatePrimaryRegion': updatePrimaryRegion,
  'kms.ListResourceTags': listResourceTags,
  'kms.EnableKeyRotation': enableKeyRotation,
  'kms.DisableKeyRotation': disableKeyRotation,
  'kms.GetKeyRotationStatus': getKeyRotationStatus,
  'kms.ListKeyRotations': listKeyRotations,
  'kms.RotateKeyOnDemand': rotateKeyOnDemand,
  'kms.GetKeyLastUsage': getKeyLastUsage,
  'kms.TagResource': tagResource,
  'kms.UntagResource': untagResource,
  'kms.CreateGrant': createGrant,
  'kms.ListGrants': listGrants,
  'kms.ListRetirableGrants': listRetirableGrants,
  'kms.RetireGrant': retireGrant,
  'kms.RevokeGrant': revokeGrant,
} satisfies Handlers;

/** Does one authorised operation. @throws UnknownOperationException for an operation of another room */
export function invokeOperation(deps: Deps, request: invoke.InvokeRequest, deadline: number): Promise<invoke.InvokeResponse> {
  const handler = Object.hasOwn(handlers, request.operation)
    ? handlers[request.operation as KeyMetadataRpc]
    : fail('UnknownOperationException');
  const call = readCall(request, deadline);
  return request.repeatOnly ? earlierAnswer(deps, call) : handler(deps, call);
}
