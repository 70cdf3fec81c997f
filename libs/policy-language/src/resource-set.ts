import { compileResourcePattern } from './arn-pattern.ts';
import type { Glob } from './glob.ts';
import { malformed, shown } from './malformed.ts';
import { isConstant, parseTemplate, resolveTemplate, type Template } from './policy-variable.ts';
import type { ResourceSet } from './policy.ts';

/** Compiles the texts of Resource or NotResource: `*` or ARNs with wildcards and policy variables. */
export function compileResources(texts: readonly string[], negated: boolean, version: string): ResourceSet {
  texts.forEach(checkResource);
  if (texts.includes('*')) return { negated, all: true, matches: () => !negated };
  const templates = texts.map((text) => parseTemplate(text, version));
  const patterns = templates.filter(isConstant).map((pieces) => compileResourcePattern(pieces));
  const variable = templates.filter((template) => !isConstant(template));
  return {
    negated,
    all: false,
    matches: variable.length === 0 ? constantMatch(patterns, negated) : variableMatch(patterns, variable, negated),
  };
}

function constantMatch(patterns: readonly Glob[], negated: boolean): ResourceSet['matches'] {
  return (resource) => patterns.some((pattern) => pattern.matches(resource)) !== negated;
}

/** A variable without a value fits nothing, in NotResource as in Resource: the statement then says nothing. */
function variableMatch(patterns: readonly Glob[], templates: readonly Template[], negated: boolean): ResourceSet['matches'] {
  return (resource, context) => {
    if (patterns.some((pattern) => pattern.matches(resource))) return !negated;
    let unresolved = false;
    for (const template of templates) {
      const pieces = resolveTemplate(template, context);
      if (pieces === undefined) unresolved = true;
      else if (compileResourcePattern(pieces).matches(resource)) return !negated;
    }
    return negated && !unresolved;
  };
}

function checkResource(text: string): void {
  if (text === '*' || /^arn:./.test(text) || text.startsWith('${')) return;
  malformed(`Resource ${shown(text)} must be in ARN format or "*".`);
}
