import { sts, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { foldCase } from '@trent/policy-evaluator';
import type { Holder } from '../accounts/holders.ts';
import { assumedRoleArn } from '../accounts/principal.ts';
import { parseCallerContext, type CallerContext } from './caller-context.ts';
import { issue, packedPercent, roleSessionMs, sessionPolicies, type IssueDeps } from './issue.ts';
import type { Session } from './session.ts';

export interface AssumeRoleDeps extends IssueDeps {
  readonly loadHolder: (arn: string, deadline: number) => Promise<Holder>;
}

/**
 * sts:AssumeRole: policy has decided that the caller may, here the session is made.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export async function assumeRole(deps: AssumeRoleDeps, call: invoke.InvokeRequest, deadline: number): Promise<Uint8Array> {
  const request = sts.AssumeRoleRequest.decode(call.input);
  const caller = parseCallerContext(call.caller?.context ?? '');
  const role = await deps.loadHolder(request.roleArn ?? '', deadline);
  const session = {
    ...(await roleSession(deps, role, request, caller.session?.kind === 'role', deadline)),
    ...tagsOf(request, caller),
    ...sourceIdentityOf(request, caller),
  };
  const { credentials, ...size } = issue(deps, session);
  return sts.AssumeRoleResponse.encode({
    credentials,
    assumedRoleUser: assumedRoleUser(role, session),
    sourceIdentity: session.sourceIdentity,
    packedPolicySize: packedSize(session),
    ...size,
  }).finish();
}

/**
 * sts:AssumeRoleWithWebIdentity: policy has verified the token and asked the trust policy.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function assumeRoleWithWebIdentity(deps: AssumeRoleDeps, call: invoke.InvokeRequest, deadline: number): Promise<Uint8Array> {
  const request = sts.AssumeRoleWithWebIdentityRequest.decode(call.input);
  const { webIdentity } = parseCallerContext(call.caller?.context ?? '');
  if (webIdentity === undefined) return fail('InternalFailure');
  const role = await deps.loadHolder(request.roleArn ?? '', deadline);
  const session = { ...(await roleSession(deps, role, request, false, deadline)), webIdentity };
  const { credentials, ...size } = issue(deps, session);
  return sts.AssumeRoleWithWebIdentityResponse.encode({
    credentials,
    assumedRoleUser: assumedRoleUser(role, session),
    subjectFromWebIdentityToken: webIdentity.subject,
    audience: webIdentity.audience,
    provider: webIdentity.provider,
    sourceIdentity: undefined,
    packedPolicySize: packedSize(session),
    ...size,
  }).finish();
}

type RoleRequest = Pick<sts.AssumeRoleRequest, 'roleSessionName' | 'durationSeconds' | 'policy' | 'policyArns'>;

async function roleSession(
  deps: AssumeRoleDeps,
  role: Holder,
  request: RoleRequest,
  isChained: boolean,
  deadline: number,
): Promise<Session> {
  const lasts = roleSessionMs(role, request.durationSeconds, isChained);
  const policies = await sessionPolicies(deps, request, role.accountId, deadline);
  const now = deps.now();
  return {
    kind: 'role',
    holderArn: role.arn,
    holderId: role.uniqueId,
    name: request.roleSessionName ?? '',
    issuedAtMs: now,
    expiresAtMs: now + lasts,
    tags: {},
    transitiveTagKeys: [],
    policies,
  };
}

/**
 * Tags of the session: those passed, and those that came along from the caller's session, which cannot be passed anew.
 * IAM user guide, "Pass session tags in AWS STS": keys differ by more than case.
 */
function tagsOf(request: sts.AssumeRoleRequest, { session }: CallerContext): Pick<Session, 'tags' | 'transitiveTagKeys'> {
  const inherited = session?.transitiveTags ?? {};
  const taken = new Set(Object.keys(inherited).map(foldCase));
  const tags: Record<string, string> = { ...inherited };
  for (const { key = '', value = '' } of request.tags) {
    if (taken.has(foldCase(key)))
      fail('ValidationException', `Duplicate tag keys found. Please note that Tag keys are case insensitive. (${key})`);
    if (/^aws:/i.test(key)) fail('ValidationException', 'System tags cannot be added/updated by requester');
    taken.add(foldCase(key));
    tags[key] = value;
  }
  const unknown = request.transitiveTagKeys.find((key) => !taken.has(foldCase(key)));
  if (unknown !== undefined) fail('ValidationException', 'The specified transitive tag key must be included in the requested tags.');
  return { tags, transitiveTagKeys: [...Object.keys(inherited), ...request.transitiveTagKeys] };
}

/** A source identity stays through all roles that follow (IAM user guide, "Monitor and control actions taken with assumed roles"). */
function sourceIdentityOf({ sourceIdentity }: sts.AssumeRoleRequest, { session }: CallerContext): Pick<Session, 'sourceIdentity'> {
  const inherited = session?.sourceIdentity;
  if (inherited !== undefined && sourceIdentity !== undefined && sourceIdentity !== inherited)
    fail('AccessDeniedException', 'The source identity of a session cannot be changed.');
  const identity = inherited ?? sourceIdentity;
  return identity === undefined ? {} : { sourceIdentity: identity };
}

function assumedRoleUser(role: Holder, { name }: Session): sts.AssumedRoleUser {
  return { assumedRoleId: `${role.uniqueId}:${name}`, arn: assumedRoleArn(role, name) };
}

function packedSize(session: Session): number | undefined {
  return session.policies.length > 0 || Object.keys(session.tags).length > 0 ? packedPercent(session) : undefined;
}
