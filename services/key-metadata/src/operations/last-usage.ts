import { awsEnum, kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { operationInState } from '@trent/key-model';
import { readKeyUsage, type KeyUsageRow } from '../store/key-usage.ts';
import { arnOf, readKey } from '../store/keys.ts';
import { answer, keyOf, type Call, type Deps } from './call.ts';

const tracked = awsEnum('trent.kms.v1.KeyLastUsageTrackingOperation');

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html: as gateways reported it, some seconds late. */
export async function getKeyLastUsage(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { keyId } = keyOf(call);
  const key = await readKey(deps.db, call.region, keyId);
  operationInState('GetKeyLastUsage', key.state, arnOf(key));
  const usage = (await readKeyUsage(deps.db, call.region, keyId)) ?? fail('KMSInternalException');
  const response = kms.GetKeyLastUsageResponse.create({
    keyId,
    keyLastUsage: lastUseOf(usage),
    trackingStartDate: usage.trackingStartedAt > key.createdAt ? usage.trackingStartedAt : key.createdAt,
    keyCreationDate: key.createdAt,
  });
  return answer(call, response);
}

/** Empty of a key that was not used. */
function lastUseOf({ operation, usedAt, eventId, requestId }: KeyUsageRow): kms.KeyLastUsageData {
  return kms.KeyLastUsageData.create({
    operation: operation === null ? undefined : (tracked.fromAws(operation) as kms.KeyLastUsageTrackingOperation),
    timestamp: usedAt ?? undefined,
    cloudTrailEventId: eventId ?? undefined,
    kmsRequestId: requestId ?? undefined,
  });
}
