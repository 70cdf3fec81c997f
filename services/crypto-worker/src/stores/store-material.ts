import { execute, keystore } from '@trent/contracts';
import { fail } from '@trent/errors';
import { keyArn, type AccountId, type KeyId, type RegionName } from '@trent/identifiers';
import type { StoreKeyHeader } from '@trent/key-token';
import { aesMaker } from '../keys/makers.ts';
import { wrapNewborn } from '../keys/new-material.ts';
import { sealToken } from '../keys/seal-token.ts';
import type { OpenToken } from '../pool/open-token.ts';
import { refuseUnheld } from './store-keys.ts';
import type { StoreLink } from './store-link.ts';

/**
 * Makes a key in a custom key store, or takes an external one into use, and answers the token that says where it is. Of a key of type AWS_CLOUDHSM
 * nothing is wrapped: its token names the object, under the binding key's MAC. A key of an external key store gets its half here.
 * @throws CustomKeyStoreInvalidStateException when the store is not connected; what the store answers
 */
export async function generateInStore(
  token: OpenToken,
  link: StoreLink,
  request: execute.GenerateMaterialRequest,
  header: Omit<StoreKeyHeader, 'storeId' | 'objectId' | 'format'>,
  deadline: number,
): Promise<execute.GenerateMaterialResponse> {
  const { customKeyStoreId: storeId, xksKeyId, principalArn, requestId } = request;
  const { region, accountId, keyId, materialId, rootVersion } = header;
  const arn = keyArn(region as RegionName, accountId as AccountId, keyId as KeyId);
  const asked = keystore.CreateKeyRequest.create({
    storeId,
    key: { region, accountId, keyId, materialId },
    objectId: xksKeyId,
    metadata: { principalArn, keyArn: arn, operation: 'CreateKey', requestId, viaService: '' },
  });
  const { objectId } = await link
    .call(keystore.StoreKeyServiceService.createKey, asked, { storeId, deadline, repeat: 'once' })
    .catch((error: unknown) => refuseUnheld(error, () => fail('CustomKeyStoreInvalidStateException')));
  const located: StoreKeyHeader = { ...header, format: 3, storeId, objectId };
  const sealed =
    header.origin === 'EXTERNAL_KEY_STORE' ? wrapNewborn(token, located, aesMaker) : sealToken(token, located, Buffer.alloc(0));
  return execute.GenerateMaterialResponse.create({ token: sealed, materialId, rootVersion, objectId });
}
