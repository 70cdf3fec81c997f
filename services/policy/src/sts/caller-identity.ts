import { sts, type invoke } from '@trent/contracts';

/**
 * sts:GetCallerIdentity: what policy found out while it authenticated the caller.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function getCallerIdentity(_deps: unknown, request: invoke.InvokeRequest): Uint8Array {
  const identity: unknown = JSON.parse(request.caller?.identity ?? '{}');
  const userId = typeof identity === 'object' && identity !== null && 'principalId' in identity ? String(identity.principalId) : '';
  return sts.GetCallerIdentityResponse.encode({ userId, account: request.caller?.accountId, arn: request.caller?.principalArn }).finish();
}
