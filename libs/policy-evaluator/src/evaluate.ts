import { askPolicy, type Answer } from './ask-policy.ts';
import { Decision, type Answers, type DocumentKind, type Reason } from './decision.ts';
import { findGrant } from './grant-index.ts';
import type { GranteeMatch } from './grants.ts';
import type { AuthorisationRequest, Documents, Principal } from './request.ts';
import { RequestContext } from './request-context.ts';

const BY_KEY_POLICY: Reason = { effect: 'allow', by: 'key-policy' };
const BY_IDENTITY_POLICY: Reason = { effect: 'allow', by: 'identity-policy' };
const BY_ROOT: Reason = { effect: 'allow', by: 'account-root' };
const NO_ANSWERS: readonly Answer[] = [];

/**
 * Decides one request as AWS does (IAM user guide, "Policy evaluation logic"; AWS KMS developer guide, "Determining access to KMS keys"):
 *
 * 1. A Deny that applies, in any document, denies.
 * 2. In the key's account the key policy allows the principal by its own name, or allows the account and an identity policy allows it.
 *    Without a statement for the account, identity policies have no effect on the key.
 * 3. From another account the key policy and an identity policy must both allow it.
 * 4. A boundary and session policies limit all but what the key policy allows to this very user or session.
 * 5. A grant allows what it names; an account as grantee still needs an identity policy, a role stays limited as in 4.
 * 6. What has no policy of its own (`*`, an alias) is decided by identity policies, in its own account alone.
 *
 * The account's root user has every right that the account has: on the side of identity everything is allowed to it, on the side of the key
 * what the key policy gives the account.
 */
export function evaluate(request: AuthorisationRequest, documents: Documents): Decision {
  const context = new RequestContext(request);
  const answers = askAll(request, documents, context);
  const denied = denialIn(answers);
  if (denied !== undefined) return new Decision({ effect: 'explicit-deny', in: denied }, request, answers);
  const missing = missingFor(request, documents, answers);
  if (missing === undefined) return new Decision(allowedBy(request, answers), request, answers);
  const granted = byGrant(request, documents, answers);
  return new Decision(granted ?? { effect: 'implicit-deny', missing }, request, answers);
}

/** What every document says. */
export function askAll(request: AuthorisationRequest, documents: Documents, context: RequestContext): Answers {
  const { keyPolicy, identity, boundary, session } = documents;
  const askEach = (policies: Documents['identity'] | undefined) =>
    policies === undefined || policies.length === 0 ? NO_ANSWERS : policies.map((policy) => askPolicy(policy, request, context));
  return {
    ...(keyPolicy === undefined ? {} : { resource: askPolicy(keyPolicy, request, context) }),
    identity: askEach(identity),
    ...(boundary === undefined ? {} : { boundary: askPolicy(boundary, request, context) }),
    session: askEach(session),
  };
}

/** The kind of document that denies. */
export function denialIn({ resource, identity, boundary, session }: Answers): DocumentKind | undefined {
  if (resource?.denial !== undefined) return 'resource';
  if (identity.some(hasDenial)) return 'identity';
  if (boundary?.denial !== undefined) return 'boundary';
  return session.some(hasDenial) ? 'session' : undefined;
}

function hasDenial(answer: Answer): boolean {
  return answer.denial !== undefined;
}

function hasAllowance(answer: Answer): boolean {
  return answer.allowance !== undefined;
}

/** The kind of document that would have to allow the request and doesn't; undefined if nothing is missing. */
function missingFor(request: AuthorisationRequest, documents: Documents, answers: Answers): DocumentKind | undefined {
  const { principal, resource } = request;
  const isForeign = resource !== '*' && resource.account !== principal.account;
  if (documents.keyPolicy === undefined || resource === '*') return isForeign ? 'resource' : missingIdentity(principal, answers);
  const match = answers.resource?.match;
  if (match === undefined) return 'resource';
  if (!hasIdentityPolicies(principal)) return undefined;
  if (isForeign || match === 'account') return missingIdentity(principal, answers);
  return match === 'exact' ? undefined : missingLimit(answers);
}

/** Services and web identities have no identity policies: what a resource's policy allows them is enough. */
function hasIdentityPolicies(principal: Principal): boolean {
  return principal.type !== 'service' && principal.type !== 'web-identity' && principal.type !== 'anonymous';
}

/** What lacks where an identity policy is needed: it, or the boundary or session policy that limits it. */
export function missingIdentity(principal: Principal, answers: Answers): DocumentKind | undefined {
  if (principal.type !== 'root' && !answers.identity.some(hasAllowance)) return 'identity';
  return missingLimit(answers);
}

function missingLimit({ boundary, session }: Answers): DocumentKind | undefined {
  if (boundary !== undefined && boundary.allowance === undefined) return 'boundary';
  return session.length > 0 && !session.some(hasAllowance) ? 'session' : undefined;
}

function allowedBy({ principal }: AuthorisationRequest, { resource }: Answers): Reason {
  if (resource?.match !== undefined && resource.match !== 'account') return BY_KEY_POLICY;
  return principal.type === 'root' ? BY_ROOT : BY_IDENTITY_POLICY;
}

function byGrant(request: AuthorisationRequest, documents: Documents, answers: Answers): Reason | undefined {
  const found = findGrant(documents.grants, request);
  if (found === undefined) return undefined;
  const limit = limitOf(found.match, request.principal, answers);
  return limit === undefined ? { effect: 'allow', by: 'grant', grantId: found.grant.grantId } : undefined;
}

/** What lacks to one whom a grant means by this name: an account gives its right on by identity policies, a role stays within its limits. */
export function limitOf(match: GranteeMatch, principal: Principal, answers: Answers): DocumentKind | undefined {
  switch (match) {
    case 'account':
      return missingIdentity(principal, answers);
    case 'role':
      return missingLimit(answers);
    case 'exact':
      return undefined;
  }
}
