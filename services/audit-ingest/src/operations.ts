import type { CallContext } from '@trent/bootstrap';
import { cloudtrail, type AuditIngestRpc, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { lookupEvents, type LookupParts } from './lookup/lookup-events.ts';

type Handler = (parts: LookupParts, request: invoke.InvokeRequest, call: CallContext) => Promise<Uint8Array>;

/** What audit-ingest does for callers. */
const handlers = {
  'cloudtrail.LookupEvents': async (parts, { input, caller, region }, { deadline }) => {
    const accountId = caller?.accountId ?? '';
    if (accountId === '' || region === '') return fail('AccessDeniedException', 'The caller has no account.');
    const answer = await lookupEvents(parts, cloudtrail.LookupEventsRequest.decode(input), { accountId, region, deadline });
    return cloudtrail.LookupEventsResponse.encode(answer).finish();
  },
} satisfies Record<AuditIngestRpc, Handler>;

/** Does an authorised operation; the gateway records it. */
export async function invokeOperation(
  parts: LookupParts,
  request: invoke.InvokeRequest,
  call: CallContext,
): Promise<invoke.InvokeResponse> {
  const handler = Object.hasOwn(handlers, request.operation) ? handlers[request.operation as AuditIngestRpc] : undefined;
  if (handler === undefined) return fail('UnknownOperationException');
  return { output: Buffer.from(await handler(parts, request, call)), recorded: false };
}
