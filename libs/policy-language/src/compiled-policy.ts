import { matchesAction } from './action-set.ts';
import { foldCase } from './fold-case.ts';
import type { CompiledStatement, PolicyKind } from './policy.ts';
import { namesOf, type PrincipalNames } from './principal.ts';

/** Statements that speak of one action, those that deny apart: they are asked first. */
export interface Candidates {
  readonly denials: readonly CompiledStatement[];
  readonly allowances: readonly CompiledStatement[];
}

/** From this many on, a list is indexed by principal; below, asking each is cheaper than the index. */
const INDEX_FROM = 8;
/** Actions remembered for each policy. KMS has about sixty; the bound is for simulations with made-up names. */
const MAX_REMEMBERED_ACTIONS = 96;

/** A checked document. Immutable to its users; it remembers which statements speak of an action once that was asked. */
export class CompiledPolicy {
  readonly kind: PolicyKind;
  readonly version: '2008-10-17' | '2012-10-17';
  readonly id: string | undefined;
  /** What reasons call the document. */
  readonly source: string | undefined;
  readonly statements: readonly CompiledStatement[];
  /** The usual policy has one statement: asking it is cheaper than remembering whom to ask. */
  readonly #single: Candidates | undefined;
  #byAction: Map<string, StatementIndex> | undefined;

  constructor(parts: Pick<CompiledPolicy, 'kind' | 'version' | 'statements'> & { readonly id?: string; readonly source?: string }) {
    this.kind = parts.kind;
    this.version = parts.version;
    this.id = parts.id;
    this.source = parts.source;
    this.statements = parts.statements;
    this.#single = parts.statements.length === 1 ? divide(parts.statements) : undefined;
  }

  /** The statements that may speak of this action and, in a key or trust policy, of this principal: a superset of those that apply. */
  candidates(action: string, who: PrincipalNames): Candidates {
    if (this.#single !== undefined) return this.#single;
    let index = this.#byAction?.get(action);
    if (index === undefined) {
      const folded = foldCase(action);
      index = new StatementIndex(this.statements.filter((statement) => matchesAction(statement.actions, folded)));
      this.#byAction ??= new Map();
      if (this.#byAction.size < MAX_REMEMBERED_ACTIONS) this.#byAction.set(action, index);
    }
    return index.of(who);
  }
}

/** Statements of one action; many of them also by the names of their principals. */
class StatementIndex {
  readonly all: Candidates;
  readonly #byName: ReadonlyMap<string, readonly CompiledStatement[]> | undefined;
  readonly #unnamed: readonly CompiledStatement[];

  constructor(statements: readonly CompiledStatement[]) {
    this.all = divide(statements);
    this.#unnamed = statements.filter(({ principals }) => principals === undefined || principals.everyone || principals.negated);
    this.#byName = statements.length < INDEX_FROM || statements.length === this.#unnamed.length ? undefined : byName(statements);
  }

  of(who: PrincipalNames): Candidates {
    if (this.#byName === undefined) return this.all;
    const found = [...this.#unnamed];
    for (const name of namesOf(who)) found.push(...(this.#byName.get(name) ?? []));
    if (who.uniqueId !== undefined) found.push(...(this.#byName.get(who.uniqueId.split(':', 1)[0] ?? '') ?? []));
    return divide(found);
  }
}

function divide(statements: readonly CompiledStatement[]): Candidates {
  const denials: CompiledStatement[] = [];
  const allowances: CompiledStatement[] = [];
  for (const statement of statements) (statement.effect === 'Deny' ? denials : allowances).push(statement);
  return { denials, allowances };
}

function byName(statements: readonly CompiledStatement[]): Map<string, CompiledStatement[]> {
  const index = new Map<string, CompiledStatement[]>();
  for (const statement of statements) {
    if (statement.principals === undefined || statement.principals.everyone || statement.principals.negated) continue;
    for (const name of statement.principals.names) {
      const list = index.get(name);
      if (list === undefined) index.set(name, [statement]);
      else list.push(statement);
    }
  }
  return index;
}
