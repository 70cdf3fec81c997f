import { compileArnLike } from './arn-pattern.ts';
import { foldCase } from './fold-case.ts';
import { compileGlob, type Piece } from './glob.ts';
import { isConstant, resolveTemplate, textOf, type ConditionValues, type Template } from './policy-variable.ts';
import { holdsBlock, parseBinary, parseBoolean, parseDate, parseIpBlock, parseNumber } from './typed-values.ts';

/** Does one value of the request fit? `undefined`: it doesn't, and a policy variable had no value. */
export type ValueTest = (value: string, context: ConditionValues) => boolean | undefined;

/** A condition operator: how its policy values become one test of a request's value. */
export interface Operator {
  /** StringNotEquals and its like: true where the named positive operator is false. */
  readonly negated: boolean;
  /**
   * @returns the test, or the policy value that the operator can't take
   */
  readonly compile: (values: readonly Template[]) => ValueTest | { readonly invalid: string };
}

/** Exact texts in one set; those with variables are resolved for each request. */
function textOperator(form: (text: string) => string): Operator['compile'] {
  return (templates) => {
    const exact = new Set(templates.filter(isConstant).map((pieces) => form(textOf(pieces))));
    const variable = templates.filter((template) => !isConstant(template));
    return withVariables(
      (value) => exact.has(form(value)),
      variable,
      (pieces, value) => form(textOf(pieces)) === form(value),
    );
  };
}

function patternOperator(compile: (pieces: readonly Piece[]) => { matches: (text: string) => boolean }): Operator['compile'] {
  return (templates) => {
    const patterns = templates.filter(isConstant).map((pieces) => compile(pieces));
    const variable = templates.filter((template) => !isConstant(template));
    return withVariables(
      (value) => patterns.some((pattern) => pattern.matches(value)),
      variable,
      (pieces, value) => compile(pieces).matches(value),
    );
  };
}

function withVariables(
  constant: (value: string) => boolean,
  templates: readonly Template[],
  fits: (pieces: readonly Piece[], value: string) => boolean,
): ValueTest {
  if (templates.length === 0) return constant;
  return (value, context) => {
    if (constant(value)) return true;
    let unresolved = false;
    for (const template of templates) {
      const pieces = resolveTemplate(template, context);
      if (pieces === undefined) unresolved = true;
      else if (fits(pieces, value)) return true;
    }
    return unresolved ? undefined : false;
  };
}

/** Values of a type: a policy value must be one, a request's value that is none fits nothing. Variables have no place here. */
function typedOperator<T>(parse: (text: string) => T | undefined, fits: (value: T, policyValue: T) => boolean): Operator['compile'] {
  return (templates) => {
    const policyValues: T[] = [];
    for (const template of templates) {
      const text = isConstant(template) ? textOf(template) : '${…}';
      const parsed = parse(text);
      if (parsed === undefined) return { invalid: text };
      policyValues.push(parsed);
    }
    return (text) => {
      const value = parse(text);
      return value !== undefined && policyValues.some((policyValue) => fits(value, policyValue));
    };
  };
}

const equal = <T>(a: T, b: T): boolean => a === b;
const stringEquals = textOperator((text) => text);
const stringEqualsIgnoreCase = textOperator(foldCase);
const stringLike = patternOperator(compileGlob);
const arnLike = patternOperator(compileArnLike);
const ipAddress = typedOperator(parseIpBlock, (value, block) => holdsBlock(block, value));

function positive(compile: Operator['compile']): Operator {
  return { negated: false, compile };
}

function negated(compile: Operator['compile']): Operator {
  return { negated: true, compile };
}

function ordered(name: string, parse: (text: string) => number | undefined): [string, Operator][] {
  return [
    [`${name}Equals`, positive(typedOperator(parse, equal))],
    [`${name}NotEquals`, negated(typedOperator(parse, equal))],
    [`${name}LessThan`, positive(typedOperator(parse, (a, b) => a < b))],
    [`${name}LessThanEquals`, positive(typedOperator(parse, (a, b) => a <= b))],
    [`${name}GreaterThan`, positive(typedOperator(parse, (a, b) => a > b))],
    [`${name}GreaterThanEquals`, positive(typedOperator(parse, (a, b) => a >= b))],
  ];
}

/** Every operator (IAM user guide, "Condition operators") but Null, which asks for the key and not for its values. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['StringEquals', positive(stringEquals)],
  ['StringNotEquals', negated(stringEquals)],
  ['StringEqualsIgnoreCase', positive(stringEqualsIgnoreCase)],
  ['StringNotEqualsIgnoreCase', negated(stringEqualsIgnoreCase)],
  ['StringLike', positive(stringLike)],
  ['StringNotLike', negated(stringLike)],
  ...ordered('Numeric', parseNumber),
  ...ordered('Date', parseDate),
  ['Bool', positive(typedOperator(parseBoolean, equal))],
  ['BinaryEquals', positive(typedOperator(parseBinary, equal))],
  ['IpAddress', positive(ipAddress)],
  ['NotIpAddress', negated(ipAddress)],
  ['ArnEquals', positive(arnLike)],
  ['ArnNotEquals', negated(arnLike)],
  ['ArnLike', positive(arnLike)],
  ['ArnNotLike', negated(arnLike)],
]);
