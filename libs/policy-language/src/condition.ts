import { foldCase } from './fold-case.ts';
import type { JsonNode } from './json-text.ts';
import { malformed, shown, syntaxError } from './malformed.ts';
import { OPERATORS, type ValueTest } from './operators.ts';
import { parseTemplate, type ConditionValues } from './policy-variable.ts';
import { parseBoolean } from './typed-values.ts';
import type { PolicyKind } from './policy.ts';

/** One condition key under one operator. All conditions of a statement must hold. */
export interface CompiledCondition {
  /** As written: `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  /** Folded: how the request's values are looked up. */
  readonly key: string;
  readonly holds: (context: ConditionValues) => boolean;
}

/** What stands around the statement and decides how its conditions are read. */
export interface ConditionSetting {
  readonly version: string;
  readonly kind: PolicyKind;
  readonly effect: 'Allow' | 'Deny';
}

const OPERATOR_NAME = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;
const CONDITION_KEY = /^[^:]+:./;
/** Single-valued keys that a set operator turns into a trap: ForAllValues holds when the key is missing. */
const SINGLE_VALUED = 'kms:encryptioncontext:';

/** Compiles the Condition block of one statement. */
export function compileConditions(block: JsonNode, setting: ConditionSetting): CompiledCondition[] {
  if (block.type !== 'object') syntaxError('Condition must be an object of operators');
  const conditions: CompiledCondition[] = [];
  for (const [operator, keys] of block.members) {
    if (keys.type !== 'object') syntaxError(`Condition operator ${shown(operator)} must hold an object of condition keys`);
    for (const [name, values] of keys.members) {
      if (!CONDITION_KEY.test(name)) malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
      conditions.push(compileCondition(operator, name, valuesOf(values, name), setting));
    }
    if (keys.members.size === 0) operatorOf(operator);
  }
  return conditions;
}

function valuesOf(node: JsonNode, key: string): string[] {
  const nodes = node.type === 'array' ? node.items : [node];
  return nodes.map((value) => {
    if (value.type === 'string' || value.type === 'number') return value.text;
    if (value.type === 'boolean') return String(value.value);
    return syntaxError(`Condition key ${shown(key)} must have a string or a list of strings`);
  });
}

function operatorOf(name: string) {
  const [, quantifier, base = '', ifExists] = OPERATOR_NAME.exec(name) ?? [];
  const operator = OPERATORS.get(base);
  const isNull = base === 'Null' && quantifier === undefined && ifExists === undefined;
  if (operator === undefined && !isNull) malformed(`Invalid Condition type : ${shown(name)}`);
  return { quantifier, operator, ifExists: ifExists !== undefined };
}

function compileCondition(name: string, keyName: string, values: readonly string[], setting: ConditionSetting): CompiledCondition {
  const { quantifier, operator, ifExists } = operatorOf(name);
  const key = foldCase(keyName);
  const hidden = setting.kind === 'key' && isIdentityOnly(key);
  if (operator === undefined) return { operator: name, key, holds: nullTest(key, values, hidden) };
  if (setting.kind === 'key' && setting.effect === 'Allow' && quantifier === 'ForAllValues' && key.startsWith(SINGLE_VALUED)) {
    malformed(
      'OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key ' +
        `${shown(keyName)} can be overly permissive`,
    );
  }
  const test = operator.compile(values.map((value) => parseTemplate(value, setting.version)));
  if (typeof test !== 'function') malformed(`Invalid value for Condition ${name}: ${shown(keyName)} can't be ${shown(test.invalid)}`);
  const missing = ifMissing(quantifier, operator.negated, ifExists);
  if (hidden) return { operator: name, key, holds: () => missing };
  return { operator: name, key, holds: valueTest(key, test, quantifier, operator.negated, missing) };
}

/** Keys that a key policy can't see (AWS KMS developer guide, "Condition keys"): there the request seems to lack them. */
function isIdentityOnly(key: string): boolean {
  return key.startsWith('aws:resourcetag/') || key === 'kms:resourcealiases';
}

function ifMissing(quantifier: string | undefined, negated: boolean, ifExists: boolean): boolean {
  if (ifExists || quantifier === 'ForAllValues') return true;
  return quantifier === undefined && negated;
}

/**
 * IAM user guide, "Conditions with multiple context keys or values": without a set operator a positive test asks for one value that fits,
 * a negated one for none. A variable without a value makes both fail.
 */
function valueTest(key: string, test: ValueTest, quantifier: string | undefined, negated: boolean, missing: boolean) {
  const everyValue = quantifier === 'ForAllValues' || (quantifier === undefined && negated);
  const wanted = !negated;
  return (context: ConditionValues): boolean => {
    const values = context.valuesOf(key);
    if (values === undefined || values.length === 0) return missing;
    for (const value of values) {
      const holds = test(value, context) === wanted;
      if (holds !== everyValue) return holds;
    }
    return everyValue;
  };
}

/** `true`: the request must lack the key, `false`: it must have it. */
function nullTest(key: string, values: readonly string[], hidden: boolean): (context: ConditionValues) => boolean {
  const wanted = values.map((value) => parseBoolean(value) ?? malformed(`Invalid value for Condition Null: ${shown(value)}`));
  return (context) => {
    const found = hidden ? undefined : context.valuesOf(key);
    return wanted.includes(found === undefined || found.length === 0);
  };
}
