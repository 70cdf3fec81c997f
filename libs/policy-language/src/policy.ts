import type { CompiledCondition } from './condition.ts';
import type { Glob } from './glob.ts';
import type { ConditionValues } from './policy-variable.ts';
import type { PrincipalSet } from './principal.ts';

/** Where a document is attached, which decides the elements it must and must not have. */
export type PolicyKind = 'key' | 'identity' | 'session' | 'trust';

/** Action or NotAction; names are folded (`foldCase`). */
export interface ActionSet {
  readonly negated: boolean;
  readonly all: boolean;
  readonly exact: ReadonlySet<string>;
  readonly patterns: readonly Glob[];
}

/** Resource or NotResource. */
export interface ResourceSet {
  readonly negated: boolean;
  readonly all: boolean;
  readonly matches: (resource: string, context: ConditionValues) => boolean;
}

/** Where a statement stands in its document; lines and columns count from one. */
export interface Span {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One statement, ready to be asked. */
export interface CompiledStatement {
  /** Position in the document, from zero. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  /** Of key and trust policies alone. */
  readonly principals?: PrincipalSet;
  readonly actions: ActionSet;
  readonly resources: ResourceSet;
  readonly conditions: readonly CompiledCondition[];
  readonly span: Span;
}
