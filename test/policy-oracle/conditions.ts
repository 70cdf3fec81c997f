/** The Condition element as the IAM user guide tells it, one value after another. */
import { isArnLike, isLike, plain, readText, type Lookup } from './matching.ts';
import { listOf, type Statement } from './question.ts';

/** Compares one value of the request with one of the policy; undefined: a variable has no value. */
type Compare = (requestValue: string, policyValue: string, version: string | undefined, lookup: Lookup) => boolean | undefined;

const text =
  (compare: (requestValue: string, policyValue: string) => boolean): Compare =>
  (requestValue, policyValue, version, lookup) => {
    const characters = readText(policyValue, version, lookup);
    return characters === undefined ? undefined : compare(requestValue, plain(characters));
  };

const pattern =
  (compare: typeof isLike): Compare =>
  (requestValue, policyValue, version, lookup) => {
    const characters = readText(policyValue, version, lookup);
    return characters === undefined ? undefined : compare(characters, requestValue);
  };

/** A value that is not of the operator's type fits nothing. */
const typed =
  <T>(parse: (value: string) => T | undefined, compare: (requestValue: T, policyValue: T) => boolean): Compare =>
  (requestValue, policyValue) => {
    const [a, b] = [parse(requestValue), parse(policyValue)];
    return a !== undefined && b !== undefined && compare(a, b);
  };

const numberOf = (value: string): number | undefined => (/^[+-]?\d+(\.\d+)?$/.test(value) ? Number.parseFloat(value) : undefined);

function dateOf(value: string): number | undefined {
  if (/^\d+$/.test(value)) return Number.parseInt(value, 10) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

function boolOf(value: string): boolean | undefined {
  return { true: true, false: false }[value.toLowerCase()];
}

/** An address and how many of its first bits count. IPv4 alone: the generators make no other. */
function ipOf(value: string): { readonly bits: string; readonly length: number } | undefined {
  const [, address = '', length = '32'] = /^(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/.exec(value) ?? [];
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || Number(length) > 32) return undefined;
  return { bits: bytes.map((byte) => byte.toString(2).padStart(8, '0')).join(''), length: Number(length) };
}

const sameText = text((a, b) => a === b);
const sameTextIgnoringCase = text((a, b) => a.toLowerCase() === b.toLowerCase());
const like = pattern(isLike);
const arnLike = pattern(isArnLike);
const inBlock = typed(ipOf, (a, b) => a.length >= b.length && a.bits.slice(0, b.length) === b.bits.slice(0, b.length));

/** Operator → comparison, and whether it asks for the opposite. */
const operators: Readonly<Record<string, readonly [compare: Compare, isNegated: boolean]>> = {
  StringEquals: [sameText, false],
  StringNotEquals: [sameText, true],
  StringEqualsIgnoreCase: [sameTextIgnoringCase, false],
  StringNotEqualsIgnoreCase: [sameTextIgnoringCase, true],
  StringLike: [like, false],
  StringNotLike: [like, true],
  NumericEquals: [typed(numberOf, (a, b) => a === b), false],
  NumericNotEquals: [typed(numberOf, (a, b) => a === b), true],
  NumericLessThan: [typed(numberOf, (a, b) => a < b), false],
  NumericLessThanEquals: [typed(numberOf, (a, b) => a <= b), false],
  NumericGreaterThan: [typed(numberOf, (a, b) => a > b), false],
  NumericGreaterThanEquals: [typed(numberOf, (a, b) => a >= b), false],
  DateEquals: [typed(dateOf, (a, b) => a === b), false],
  DateNotEquals: [typed(dateOf, (a, b) => a === b), true],
  DateLessThan: [typed(dateOf, (a, b) => a < b), false],
  DateLessThanEquals: [typed(dateOf, (a, b) => a <= b), false],
  DateGreaterThan: [typed(dateOf, (a, b) => a > b), false],
  DateGreaterThanEquals: [typed(dateOf, (a, b) => a >= b), false],
  Bool: [typed(boolOf, (a, b) => a === b), false],
  BinaryEquals: [
    typed(
      (value) => value,
      (a, b) => a === b,
    ),
    false,
  ],
  IpAddress: [inBlock, false],
  NotIpAddress: [inBlock, true],
  ArnEquals: [arnLike, false],
  ArnLike: [arnLike, false],
  ArnNotEquals: [arnLike, true],
  ArnNotLike: [arnLike, true],
};

/** All operators and all keys of a statement must hold. */
export function conditionsHold(condition: Statement['Condition'], version: string | undefined, lookup: Lookup): boolean {
  for (const [operator, keys] of Object.entries(condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      if (!holds(operator, lookup(key) ?? [], listOf(values), version, lookup)) return false;
    }
  }
  return true;
}

function holds(name: string, found: readonly string[], wanted: readonly string[], version: string | undefined, lookup: Lookup): boolean {
  if (name === 'Null') return wanted.includes(String(found.length === 0));
  const ifExists = name.endsWith('IfExists');
  const [set, operator = ''] = name.includes(':') ? name.split(':') : [undefined, name];
  const [compare, isNegated] = operators[operator.replace(/IfExists$/, '')] ?? [];
  if (compare === undefined || isNegated === undefined) throw new Error(`no operator ${name}`);
  // "If the key is not in the request": true for …IfExists and ForAllValues, and for a negated operator by itself.
  if (found.length === 0) return ifExists || set === 'ForAllValues' || (set === undefined && isNegated);
  const passes = (value: string): boolean => {
    const results = wanted.map((policyValue) => compare(value, policyValue, version, lookup));
    if (!isNegated) return results.includes(true);
    return results.every((result) => result === false);
  };
  if (set === 'ForAllValues') return found.every(passes);
  if (set === 'ForAnyValue') return found.some(passes);
  return isNegated ? found.every(passes) : found.some(passes);
}
