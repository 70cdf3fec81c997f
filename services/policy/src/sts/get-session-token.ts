import { sts, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Holder } from '../accounts/holders.ts';
import { parseCallerContext } from './caller-context.ts';
import { issue, type IssueDeps } from './issue.ts';
import { checkMfa, type MfaDeps } from './mfa.ts';

export interface SessionTokenDeps extends IssueDeps {
  readonly mfa: MfaDeps;
  readonly loadHolder: (arn: string, deadline: number) => Promise<Holder>;
}

/** Seconds: 12 h for users, an hour for the root (AWS STS API reference, GetSessionToken). */
const USER_SECONDS = 43_200;
const ROOT_SECONDS = 3_600;

/**
 * sts:GetSessionToken: a session of one's own, which a code of an MFA device makes stronger. It needs no permission.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export async function getSessionToken(deps: SessionTokenDeps, call: invoke.InvokeRequest, deadline: number): Promise<Uint8Array> {
  const request = sts.GetSessionTokenRequest.decode(call.input);
  if (parseCallerContext(call.caller?.context ?? '').session !== undefined)
    fail('AccessDeniedException', 'Cannot call GetSessionToken with session credentials');
  const holder = await deps.loadHolder(call.caller?.principalArn ?? '', deadline);
  const isCodeGiven = await checkMfa(deps.mfa, holder.arn, request, deadline);
  const isRoot = holder.kind === 'Root';
  const asked = request.durationSeconds ?? (isRoot ? ROOT_SECONDS : USER_SECONDS);
  const now = deps.now();
  const { credentials, ...size } = issue(deps, {
    kind: 'self',
    holderArn: holder.arn,
    holderId: holder.uniqueId,
    name: '',
    issuedAtMs: now,
    expiresAtMs: now + Math.min(asked, isRoot ? ROOT_SECONDS : Infinity) * 1000,
    ...(isCodeGiven ? { mfaAtMs: now } : {}),
    tags: {},
    transitiveTagKeys: [],
    policies: [],
  });
  return sts.GetSessionTokenResponse.encode({ credentials, ...size }).finish();
}
