import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';

type Request = kms.CreateCustomKeyStoreRequest;
type Member = keyof Request;

const CLOUDHSM: readonly Member[] = ['cloudHsmClusterId', 'keyStorePassword', 'trustAnchorCertificate'];
const XKS: readonly Member[] = ['xksProxyUriEndpoint', 'xksProxyUriPath', 'xksProxyAuthenticationCredential', 'xksProxyConnectivity'];
const XKS_VPC: readonly Member[] = ['xksProxyVpcEndpointServiceName', 'xksProxyVpcEndpointServiceOwner'];

/**
 * Each type of store has members of its own: all of them, and none of the other's (API reference, CreateCustomKeyStore).
 * @throws ValidationException
 */
export function goodKeyStore(request: Request): void {
  const isExternal = request.customKeyStoreType === kms.CustomKeyStoreType.CUSTOM_KEY_STORE_TYPE_EXTERNAL_KEY_STORE;
  const type = isExternal ? 'EXTERNAL_KEY_STORE' : 'AWS_CLOUDHSM';
  const [needed, foreign] = isExternal ? [neededOf(request), CLOUDHSM] : [CLOUDHSM, [...XKS, ...XKS_VPC]];
  for (const member of needed)
    if (request[member] === undefined) fail('ValidationException', `${shown(member)} is required for a custom key store of type ${type}.`);
  for (const member of foreign)
    if (request[member] !== undefined) fail('ValidationException', `${shown(member)} is not valid for a custom key store of type ${type}.`);
}

function neededOf({ xksProxyConnectivity }: Request): readonly Member[] {
  const isVpc = xksProxyConnectivity === kms.XksProxyConnectivity.XKS_PROXY_CONNECTIVITY_VPC_ENDPOINT_SERVICE;
  return isVpc ? [...XKS, 'xksProxyVpcEndpointServiceName'] : XKS;
}

/** "Provide either the CustomKeyStoreId or CustomKeyStoreName parameter, but not both" (API reference, DescribeCustomKeyStores). */
export function oneKeyStore({ customKeyStoreId, customKeyStoreName }: kms.DescribeCustomKeyStoresRequest): void {
  if (customKeyStoreId !== undefined && customKeyStoreName !== undefined)
    fail('ValidationException', 'You cannot specify CustomKeyStoreId and CustomKeyStoreName in the same request.');
}

function shown(member: Member): string {
  return member.charAt(0).toUpperCase() + member.slice(1);
}
