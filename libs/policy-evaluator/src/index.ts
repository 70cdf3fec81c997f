export { Decision, foreignAccessDeniedMessage, type DocumentKind, type MatchedStatement, type Reason } from './decision.ts';
export { evaluate } from './evaluate.ts';
export { compileGrant, GrantIndex, type CompiledGrant, type Grant, type GrantConstraints } from './grants.ts';
export type { AuthorisationRequest, Documents, Principal } from './request.ts';
export { foldCase } from '@trent/policy-language';
