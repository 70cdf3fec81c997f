import type { Operation } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Principal } from '../accounts/credentials.ts';
import { INVALID_TOKEN } from '../sts/session-token.ts';

/** What of STS a session of one's own may call. */
const OF_STS = new Set(['sts.AssumeRole', 'sts.GetCallerIdentity']);

/**
 * What credentials of GetSessionToken cannot call, whatever policies say (AWS STS API reference, GetSessionToken, "Permissions"): IAM, unless a
 * code of an MFA device made them, and of STS all but AssumeRole and GetCallerIdentity. So a stolen session makes no access keys that outlive it.
 * @throws UnrecognizedClientException, as IAM answers to them; AccessDeniedException
 */
export function refuseBeyondSession({ session }: Principal, { name, rpc, wire }: Operation): void {
  if (session?.kind !== 'self') return;
  if (wire.signingName === 'iam' && session.mfaAtMs === undefined) fail('UnrecognizedClientException', INVALID_TOKEN);
  if (wire.signingName === 'sts' && !OF_STS.has(name)) fail('AccessDeniedException', `Cannot call ${rpc} with session credentials`);
}
