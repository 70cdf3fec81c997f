import { foldCase, matchesAction, matchPrincipal } from '@trent/policy-language';
import type { CompiledPolicy, CompiledStatement, PrincipalMatch } from '@trent/policy-language';

import type { AuthorisationRequest } from './request.ts';
import type { RequestContext } from './request-context.ts';

/** What one document says to one request. */
export interface Answer {
  readonly policy: CompiledPolicy;
  readonly denial?: CompiledStatement;
  readonly allowance?: CompiledStatement;
  /** By which name the allowance means the principal; `everyone` in documents without principals. */
  readonly match?: PrincipalMatch;
}

/** The closer the name, the less else is needed; a document is asked for the closest. */
const STRENGTH: Readonly<Record<PrincipalMatch, number>> = { account: 1, everyone: 2, role: 3, exact: 4 };

/** Asks a document; a denial ends the asking. */
export function askPolicy(policy: CompiledPolicy, request: AuthorisationRequest, context: RequestContext): Answer {
  const { denials, allowances } = policy.candidates(request.action, request.principal);
  const action = foldCase(request.action);
  for (const denial of denials) {
    if (matchOf(denial, request, action, context) !== undefined) return { policy, denial };
  }
  let allowance: CompiledStatement | undefined;
  let strongest: PrincipalMatch | undefined;
  for (const statement of allowances) {
    const match = matchOf(statement, request, action, context);
    if (match === undefined || (strongest !== undefined && STRENGTH[match] <= STRENGTH[strongest])) continue;
    [allowance, strongest] = [statement, match];
    if (match === 'exact' || statement.principals === undefined) break;
  }
  return allowance === undefined || strongest === undefined ? { policy } : { policy, allowance, match: strongest };
}

/** By which name a statement that applies to the request means the principal; undefined if it does not apply. */
export function matchOf(
  statement: CompiledStatement,
  request: AuthorisationRequest,
  action: string,
  context: RequestContext,
): PrincipalMatch | undefined {
  const match = statement.principals === undefined ? 'everyone' : matchPrincipal(statement.principals, request.principal, statement.effect);
  if (match === undefined || !matchesAction(statement.actions, action)) return undefined;
  const { resources, conditions } = statement;
  const resource = request.resource === '*' ? '*' : request.resource.arn;
  if (!(resources.all && !resources.negated) && !resources.matches(resource, context)) return undefined;
  for (const condition of conditions) if (!condition.holds(context)) return undefined;
  return match;
}
