import type { invoke, PolicyRpc } from '@trent/contracts';
import { fail } from '@trent/errors';
import { readIamCall, type IamDeps, type IamHandler } from './iam/call.ts';
import { iamHandlers } from './iam/index.ts';
import { assumeRole, assumeRoleWithWebIdentity } from './sts/assume-role.ts';
import { getCallerIdentity } from './sts/caller-identity.ts';
import { decodeAuthorizationMessage } from './sts/decode-authorization-message.ts';
import { getAccessKeyInfo } from './sts/get-access-key-info.ts';
import { getSessionToken } from './sts/get-session-token.ts';
import type { StsDeps, StsHandler } from './sts/sts-deps.ts';

/** What the operations of this room lean on. */
export interface OperationDeps {
  readonly iam: IamDeps;
  readonly sts: StsDeps;
}

type Handler = (deps: OperationDeps, request: invoke.InvokeRequest, deadline: number) => Promise<invoke.InvokeResponse>;

/** An action of IAM: it reads or changes the store, and records what it changes. */
const ofIam =
  (handler: IamHandler): Handler =>
  ({ iam }, request, deadline) =>
    handler(iam, readIamCall(iam, request, deadline));

/** An operation of STS: it answers out of what policy found out, and leaves the record to the gateway. */
const ofSts =
  (handler: StsHandler): Handler =>
  async ({ sts }, request, deadline) => ({ output: Buffer.from(await handler(sts, request, deadline)), recorded: false });

/** Every operation whose room is policy; one missing is a type error. */
const stsHandlers = {
  'sts.GetCallerIdentity': getCallerIdentity,
  'sts.AssumeRole': assumeRole,
  'sts.AssumeRoleWithWebIdentity': assumeRoleWithWebIdentity,
  'sts.GetSessionToken': getSessionToken,
  'sts.GetAccessKeyInfo': getAccessKeyInfo,
  'sts.DecodeAuthorizationMessage': decodeAuthorizationMessage,
} satisfies Record<Extract<PolicyRpc, `sts.${string}`>, StsHandler>;

const handlers: ReadonlyMap<string, Handler> = new Map([
  ...Object.entries(iamHandlers satisfies Record<Extract<PolicyRpc, `iam.${string}`>, IamHandler>).map(
    ([name, handler]) => [name, ofIam(handler)] as const,
  ),
  ...Object.entries(stsHandlers).map(([name, handler]) => [name, ofSts(handler)] as const),
]);

/** @throws UnknownOperationException for an operation of another room */
export async function invokeOperation(
  deps: OperationDeps,
  request: invoke.InvokeRequest,
  deadline: number,
): Promise<invoke.InvokeResponse> {
  const handler = handlers.get(request.operation) ?? fail('UnknownOperationException');
  return handler(deps, request, deadline);
}
