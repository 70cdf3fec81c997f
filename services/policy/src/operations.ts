import type { invoke, PolicyRpc } from '@trent/contracts';
import { fail } from '@trent/errors';
import { assumeRole, assumeRoleWithWebIdentity } from './sts/assume-role.ts';
import { getCallerIdentity } from './sts/caller-identity.ts';
import { getAccessKeyInfo } from './sts/get-access-key-info.ts';
import { getSessionToken } from './sts/get-session-token.ts';
import type { StsDeps, StsHandler } from './sts/sts-deps.ts';

/** Every operation whose room is policy; one missing is a type error. */
const handlers = {
  'sts.GetCallerIdentity': getCallerIdentity,
  'sts.AssumeRole': assumeRole,
  'sts.AssumeRoleWithWebIdentity': assumeRoleWithWebIdentity,
  'sts.GetSessionToken': getSessionToken,
  'sts.GetAccessKeyInfo': getAccessKeyInfo,
} satisfies Record<PolicyRpc, StsHandler>;

/** @throws UnknownOperationException for an operation of another room */
export async function invokeOperation(deps: StsDeps, request: invoke.InvokeRequest, deadline: number): Promise<invoke.InvokeResponse> {
  const handler: StsHandler = Object.hasOwn(handlers, request.operation)
    ? handlers[request.operation as PolicyRpc]
    : fail('UnknownOperationException');
  return { output: Buffer.from(await handler(deps, request, deadline)), recorded: false };
}
