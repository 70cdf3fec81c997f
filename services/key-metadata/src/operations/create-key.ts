import { randomBytes } from 'node:crypto';
import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { keyArn, newKeyId, type KeyId } from '@trent/identifiers';
import { checkSpecAndOrigin, usageOfNewKey, type KeySpec, type KeyUsage, type Origin } from '@trent/key-model';
import { defaultKeyPolicy } from '@trent/policy-language';
import type { Transaction } from '@trent/postgres';
import { arnOf, insertKey, readKey, type KeyRow } from '../store/keys.ts';
import { putTags } from '../store/tags.ts';
import { change, type Call, type Deps, type Done } from './call.ts';
import { checkPolicy } from './check-policy.ts';
import { metadataOf, spellingsOf } from './key-metadata.ts';
import { freshMaterialOf, type FreshMaterial } from './materials.ts';
import { holdStore, leavingNoOrphan, placeInStore, type PlaceInStore } from '../key-stores/in-store.ts';
import { checkMultiRegion } from './region-groups.ts';
import { tagRows } from './tags.ts';

interface Wanted {
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly origin: Origin;
  readonly policy: string;
  /** The custom key store that it is to live in, if any. */
  readonly place: PlaceInStore | undefined;
}

/**
 * CreateKey: the backing key is born in the HSM, kept wrapped in JetStream and Postgres, and only then answered. A key of Origin EXTERNAL
 * waits for its user's material (operations/imports.ts).
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
 */
export async function createKey(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.CreateKeyRequest.decode(call.request.input);
  const multiRegion = request.multiRegion ?? false;
  const keyId = newKeyId(randomBytes(16), multiRegion);
  const wanted = readWanted(deps, call, keyId, request);
  const { region, accountId } = call;
  const born = { region, keyId, accountId, relatives: null, ...wanted };
  // Once, however often the transaction runs: a second run must not leave a second backing key behind.
  let material: Promise<FreshMaterial> | undefined;
  const birth = async (tx: Transaction): Promise<Done<kms.CreateKeyResponse>> => {
    await deps.keyQuota.check(tx, region, accountId);
    if (wanted.place !== undefined) await holdStore(tx, call, wanted.place, wanted.origin);
    if (wanted.origin === 'EXTERNAL') await deps.checkMaterial({ region, keySpec: wanted.spec, keyUsage: wanted.usage }, call.deadline);
    else material ??= freshMaterialOf(deps, born, call.deadline, { ...wanted.place, ...askerOf(call) });
    await insertKey(tx, {
      ...born,
      description: request.description ?? '',
      state: wanted.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
      multiRegionKeyType: multiRegion ? 'PRIMARY' : null,
      material: await material,
      customKeyStoreId: wanted.place?.customKeyStoreId,
    });
    await putTags(tx, region, keyId, tagRows(request.tags));
    const key = await readKey(tx, region, keyId);
    // Nothing that does not exist is held in view, so nobody waits for a birth.
    const response = kms.CreateKeyResponse.create({ keyMetadata: metadataOf(key) });
    return { response, resources: [arnOf(key)], changes: [], ...recordedOf(key) };
  };
  if (wanted.place === undefined) return change(deps, call, birth);
  return leavingNoOrphan(
    deps.keyStores,
    wanted.place,
    () => material,
    birth,
    (watched) => change(deps, call, watched),
  );
}

/** What the record of a key in a custom key store tells of the key behind it (kms-api §14.2). */
function recordedOf({ customKeyStoreId, clusterId, storeObjectId }: KeyRow): Pick<Done<object>, 'additionalEventData'> {
  if (customKeyStoreId === null || storeObjectId === null) return {};
  const behind = clusterId === null ? { xksKeyId: storeObjectId } : { clusterId, backingKeyId: storeObjectId };
  return { additionalEventData: { customKeyStoreId, ...behind } };
}

function askerOf({ request }: Call) {
  return { principalArn: request.caller?.principalArn ?? '', requestId: request.requestId };
}

function readWanted(deps: Deps, call: Call, keyId: KeyId, request: kms.CreateKeyRequest): Wanted {
  const given = spellingsOf(request);
  if (given.spec !== undefined && given.deprecatedSpec !== undefined) {
    fail(
      'ValidationException',
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  }
  const spec = (given.spec ?? given.deprecatedSpec ?? 'SYMMETRIC_DEFAULT') as KeySpec;
  const usage = usageOfNewKey(spec, given.usage as KeyUsage | undefined);
  const origin = (given.origin ?? 'AWS_KMS') as Origin;
  checkSpecAndOrigin(spec, origin, request.multiRegion ?? false);
  const place = placeInStore(request, origin);
  if (request.multiRegion === true) checkMultiRegion(deps.regions, call.region);
  const policy = request.policy ?? defaultKeyPolicy(call.accountId);
  if (request.policy !== undefined) {
    const arn = keyArn(call.region, call.accountId, keyId);
    checkPolicy(call, arn, request.policy, request.bypassPolicyLockoutSafetyCheck ?? false, deps.now());
  }
  return { spec, usage, origin, policy, place };
}
