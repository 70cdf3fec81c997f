import { foldCase } from './fold-case.ts';
import { piecesOf, type Piece } from './glob.ts';

/** Where condition keys get their values: folded key name (`foldCase`) → values, undefined when the request has none. */
export interface ConditionValues {
  readonly valuesOf: (key: string) => readonly string[] | undefined;
}

interface Variable {
  /** Folded. */
  readonly key: string;
  readonly fallback: string | undefined;
}

/** A text of a policy with its variables taken apart: wildcards and literal text, and in between variables. */
export type Template = readonly (Piece | Variable)[];

/**
 * Takes a text apart. Variables (IAM user guide, "Policy elements: variables and tags") exist in version 2012-10-17 only: `${key}`,
 * `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for these characters themselves.
 */
export function parseTemplate(text: string, version: string): Template {
  if (version !== '2012-10-17') return piecesOf(text);
  const template: (Piece | Variable)[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf('${', from);
    const close = open < 0 ? -1 : text.indexOf('}', open);
    if (close < 0) return [...template, ...piecesOf(text.slice(from))];
    template.push(...piecesOf(text.slice(from, open)), parseVariable(text.slice(open + 2, close)));
    from = close + 1;
  }
}

function parseVariable(text: string): string | Variable {
  if (text === '*' || text === '?' || text === '$') return text;
  const comma = text.indexOf(',');
  const fallback = text.slice(comma + 1).trim();
  const isQuoted = comma >= 0 && fallback.length >= 2 && fallback.startsWith("'") && fallback.endsWith("'");
  if (!isQuoted) return { key: foldCase(text.trim()), fallback: undefined };
  return { key: foldCase(text.slice(0, comma).trim()), fallback: fallback.slice(1, -1) };
}

/** The condition keys that a text's variables stand for, as written, and whether they have a default. */
export function variablesIn(text: string, version: string): { readonly name: string; readonly hasDefault: boolean }[] {
  if (version !== '2012-10-17') return [];
  return [...text.matchAll(/\$\{([^}]*)\}/g)].flatMap(([, inner = '']) => {
    const variable = parseVariable(inner);
    if (typeof variable === 'string') return [];
    const { fallback } = variable;
    return [
      { name: fallback === undefined ? inner.trim() : inner.slice(0, inner.indexOf(',')).trim(), hasDefault: fallback !== undefined },
    ];
  });
}

/** True if the text has no variables. */
export function isConstant(template: Template): template is readonly Piece[] {
  return template.every((part) => typeof part !== 'object');
}

/**
 * Puts values in place of variables. A value is literal: its `*` matches `*` alone.
 * @returns undefined if a variable has neither a single value nor a default
 */
export function resolveTemplate(template: Template, values: ConditionValues): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const part of template) {
    if (typeof part !== 'object') pieces.push(part);
    else {
      const found = values.valuesOf(part.key);
      const value = found === undefined || found.length === 0 ? part.fallback : found.length === 1 ? found[0] : undefined;
      if (value === undefined) return undefined;
      pieces.push(value);
    }
  }
  return pieces;
}

/** The pieces as text, for operators without wildcards. */
export function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.description)).join('');
}
