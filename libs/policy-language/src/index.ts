export { matchesAction } from './action-set.ts';
export { compilePolicy, MAX_KEY_POLICY_BYTES } from './compile-policy.ts';
export { CompiledPolicy, type Candidates } from './compiled-policy.ts';
export type { CompiledCondition } from './condition.ts';
export { defaultKeyPolicy } from './default-key-policy.ts';
export { foldCase } from './fold-case.ts';
export type { ActionSet, CompiledStatement, PolicyKind, ResourceSet, Span } from './policy.ts';
export type { ConditionValues } from './policy-variable.ts';
export { matchPrincipal, namesOf, type PrincipalMatch, type PrincipalNames, type PrincipalSet } from './principal.ts';
