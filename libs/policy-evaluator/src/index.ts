export { Decision, foreignAccessDeniedMessage, type DocumentKind, type MatchedStatement, type Reason } from './decision.ts';
export { evaluate } from './evaluate.ts';
export { GrantIndex, type GrantSource } from './grant-index.ts';
export { makeGrantToken, readGrantToken, type GrantTokenBody } from './grant-token.ts';
export { compileGrant, granteeNames, type CompiledGrant, type Grant, type GrantConstraints } from './grants.ts';
export { RequestContext } from './request-context.ts';
export { evaluateRetirement } from './retirement.ts';
export {
  simulate,
  type SimulatedDecision,
  type SimulatedDocument,
  type SimulatedStatement,
  type Simulation,
  type SimulationRequest,
} from './simulate.ts';
export type { AuthorisationRequest, Documents, Principal } from './request.ts';
export { foldCase } from '@trent/policy-language';
