import type { kms } from '@trent/contracts';
import { awsEnum } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { KeyStoreRow, KeyStoreSettings } from '../store/key-stores.ts';
import { NO_SETTINGS } from './settings.ts';

const connectivityOf = awsEnum('trent.kms.v1.XksProxyConnectivity');
const VPC = 'VPC_ENDPOINT_SERVICE';

/** Settings of a store, and the secret that goes with them; whoever has it wipes it. */
export interface WithSecret<Settings, Secret> {
  readonly settings: Settings;
  readonly secret: Secret;
}

/**
 * The proxy that CreateCustomKeyStore describes.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
 * @throws ValidationException for a VPC endpoint service of a public endpoint
 */
export function newProxy(request: kms.CreateCustomKeyStoreRequest, accountId: string): WithSecret<KeyStoreSettings, Buffer> {
  const settings = {
    ...NO_SETTINGS,
    xksConnectivity: connectivityOf.toAws(request.xksProxyConnectivity) ?? '',
    xksUriEndpoint: request.xksProxyUriEndpoint ?? '',
    xksUriPath: request.xksProxyUriPath ?? '',
    xksVpcEndpointServiceName: request.xksProxyVpcEndpointServiceName ?? null,
    xksVpcEndpointServiceOwner: ownerOf(request, accountId),
    xksAccessKeyId: request.xksProxyAuthenticationCredential?.accessKeyId ?? '',
  };
  checkVpcMembers(settings);
  return { settings, secret: secretOf(request) ?? Buffer.alloc(0) };
}

/**
 * What UpdateCustomKeyStore changes of a store's proxy. Who changes the connectivity must say the new place as a whole.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html
 * @throws ValidationException
 */
export function changedProxy(
  store: KeyStoreRow,
  request: kms.UpdateCustomKeyStoreRequest,
): WithSecret<Partial<KeyStoreSettings>, Buffer | undefined> {
  const { xksProxyUriEndpoint, xksProxyUriPath, xksProxyVpcEndpointServiceName, xksProxyVpcEndpointServiceOwner } = request;
  const connectivity = connectivityOf.toAws(request.xksProxyConnectivity);
  const moves = connectivity !== undefined && connectivity !== store.xksConnectivity;
  if (moves && xksProxyUriEndpoint === undefined)
    fail('ValidationException', 'XksProxyUriEndpoint is required when XksProxyConnectivity changes.');
  const leavesVpc = moves && connectivity !== VPC;
  const settings = {
    ...(connectivity === undefined ? {} : { xksConnectivity: connectivity }),
    ...(xksProxyUriEndpoint === undefined ? {} : { xksUriEndpoint: xksProxyUriEndpoint }),
    ...(xksProxyUriPath === undefined ? {} : { xksUriPath: xksProxyUriPath }),
    ...(leavesVpc ? { xksVpcEndpointServiceName: null, xksVpcEndpointServiceOwner: null } : {}),
    ...(moves && connectivity === VPC ? { xksVpcEndpointServiceOwner: store.accountId } : {}),
    ...(xksProxyVpcEndpointServiceName === undefined ? {} : { xksVpcEndpointServiceName: xksProxyVpcEndpointServiceName }),
    ...(xksProxyVpcEndpointServiceOwner === undefined ? {} : { xksVpcEndpointServiceOwner: xksProxyVpcEndpointServiceOwner }),
    ...accessKeyOf(request),
  };
  checkVpcMembers({ ...store, ...settings });
  return { settings, secret: secretOf(request) };
}

function checkVpcMembers({
  xksConnectivity,
  xksVpcEndpointServiceName: name,
  xksVpcEndpointServiceOwner: owner,
}: Pick<KeyStoreSettings, 'xksConnectivity' | 'xksVpcEndpointServiceName' | 'xksVpcEndpointServiceOwner'>): void {
  if (xksConnectivity === VPC && name === null)
    fail('ValidationException', `XksProxyVpcEndpointServiceName is required with XksProxyConnectivity ${VPC}.`);
  const foreign = name !== null ? 'XksProxyVpcEndpointServiceName' : owner !== null ? 'XksProxyVpcEndpointServiceOwner' : undefined;
  if (xksConnectivity !== VPC && foreign !== undefined)
    fail('ValidationException', `${foreign} is not valid with XksProxyConnectivity ${xksConnectivity ?? ''}.`);
}

/** "If not provided, the Amazon Web Services account ID calling the action will be used" (XksProxyVpcEndpointServiceOwner). */
function ownerOf(request: kms.CreateCustomKeyStoreRequest, accountId: string): string | null {
  const isVpc = connectivityOf.toAws(request.xksProxyConnectivity) === VPC;
  return request.xksProxyVpcEndpointServiceOwner ?? (isVpc ? accountId : null);
}

type WithCredential = Pick<kms.CreateCustomKeyStoreRequest, 'xksProxyAuthenticationCredential'>;

function accessKeyOf({ xksProxyAuthenticationCredential: credential }: WithCredential): { readonly xksAccessKeyId?: string } {
  return credential?.accessKeyId === undefined ? {} : { xksAccessKeyId: credential.accessKeyId };
}

function secretOf({ xksProxyAuthenticationCredential: credential }: WithCredential): Buffer | undefined {
  return credential?.rawSecretAccessKey === undefined ? undefined : Buffer.from(credential.rawSecretAccessKey);
}
