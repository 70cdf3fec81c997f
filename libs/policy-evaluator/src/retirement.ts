import { Decision, type Answers, type Reason } from './decision.ts';
import { askAll, denialIn, limitOf, missingIdentity } from './evaluate.ts';
import { GRANTEE_MATCHES, granteeName, isStill, type CompiledGrant } from './grants.ts';
import type { AuthorisationRequest, Documents } from './request.ts';
import { RequestContext } from './request-context.ts';

/**
 * Decides kms:RetireGrant, which the grant itself confers (AWS KMS developer guide, "Retiring and revoking grants"): to its retiring principal,
 * to its grantee if RetireGrant is among its operations, to the account that made it, and to whom that account or the retiring principal's
 * gives the right on by an identity policy. What a key policy allows does not count here, what it denies does.
 */
export function evaluateRetirement(request: AuthorisationRequest, documents: Documents, grant: CompiledGrant): Decision {
  const answers = askAll(request, documents, new RequestContext(request));
  const denied = denialIn(answers);
  if (denied !== undefined) return new Decision({ effect: 'explicit-deny', in: denied }, request, answers);
  const right = byGrantItself(request, grant, answers) ?? byAccount(request, grant, answers);
  return new Decision(right ?? { effect: 'implicit-deny', missing: missing(request) }, request, answers);
}

function byGrantItself({ principal }: AuthorisationRequest, grant: CompiledGrant, answers: Answers): Reason | undefined {
  for (const match of GRANTEE_MATCHES) {
    const name = granteeName(principal, match);
    if (name === undefined || limitOf(match, principal, answers) !== undefined) continue;
    const mayRetire = grant.retiring === name && isStill(grant.retiringId, principal);
    const mayByGrant = grant.grantee === name && grant.operations.has('RetireGrant') && isStill(grant.granteeId, principal);
    if (mayRetire || mayByGrant) {
      return { effect: 'allow', by: 'grant', grantId: grant.grantId };
    }
  }
  return undefined;
}

function byAccount({ principal }: AuthorisationRequest, grant: CompiledGrant, answers: Answers): Reason | undefined {
  const { account, type } = principal;
  if (account === '' || (account !== grant.issuingAccount && account !== accountOf(grant.retiring))) return undefined;
  if (missingIdentity(principal, answers) !== undefined) return undefined;
  return { effect: 'allow', by: type === 'root' ? 'account-root' : 'identity-policy' };
}

/** The account in a grant's name of a principal: the name itself, or a part of the ARN; a service has none. */
function accountOf(name: string | undefined): string | undefined {
  return name?.startsWith('arn:') === true ? name.split(':', 5)[4] : name;
}

function missing({ resource, principal }: AuthorisationRequest): 'identity' | 'resource' {
  return resource !== '*' && resource.account !== principal.account ? 'resource' : 'identity';
}
