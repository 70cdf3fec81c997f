import type { invoke, PolicyRpc } from '@trent/contracts';
import { fail } from '@trent/errors';
import { getCallerIdentity } from './sts/caller-identity.ts';

type Handler = (request: invoke.InvokeRequest) => Uint8Array;

/** Every operation whose room is policy; one missing is a type error. */
const handlers = {
  'sts.GetCallerIdentity': getCallerIdentity,
} satisfies Record<PolicyRpc, Handler>;

/** @throws UnknownOperationException for an operation of another room */
export function invokeOperation(request: invoke.InvokeRequest): invoke.InvokeResponse {
  const handler = Object.hasOwn(handlers, request.operation) ? handlers[request.operation as PolicyRpc] : fail('UnknownOperationException');
  return { output: Buffer.from(handler(request)), recorded: false };
}
