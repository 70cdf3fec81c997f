import { ScalarType } from '@bufbuild/protobuf';
import type { options } from '@trent/contracts';

/** One bound, compiled: the text of what does not hold, or undefined. */
export type CheckValue = (value: unknown) => string | undefined;

type BoundsOption = options.Bounds | undefined;

/**
 * Compiles bounds (Smithy's length, range and pattern traits) for a scalar type; without one they count entries of a list or map.
 * AWS tells every bound that does not hold, so each is a check of its own.
 */
export function boundChecks(option: BoundsOption, scalar: ScalarType | undefined): readonly CheckValue[] {
  if (option === undefined) return [];
  return [...sizeChecks(option, sizer(scalar)), ...rangeChecks(option), ...patternChecks(option)];
}

/** All that an element of a list must satisfy, in AWS's words and order. */
export function elementTexts(option: BoundsOption): string[] {
  if (option === undefined) return [];
  const texts = [];
  if (option.maxLength !== undefined) texts.push(atMost('length', option.maxLength));
  if (option.minLength !== undefined) texts.push(atLeast('length', option.minLength));
  if (option.maxValue !== undefined) texts.push(atMost('value', option.maxValue));
  if (option.minValue !== undefined) texts.push(atLeast('value', option.minValue));
  if (option.pattern !== '') texts.push(patternText(option.pattern));
  return texts;
}

/** Never less than the length AWS counts; `exact` is asked only when a bound seems broken. */
interface Sizer {
  readonly quick: (value: unknown) => number;
  readonly exact: (value: unknown) => number;
}

function sizer(scalar: ScalarType | undefined): Sizer {
  if (scalar === ScalarType.STRING) return { quick: lengthOf, exact: codePoints };
  if (scalar === ScalarType.BYTES) return { quick: lengthOf, exact: lengthOf };
  return { quick: entries, exact: entries };
}

function lengthOf(value: unknown): number {
  return (value as { length: number }).length;
}

function entries(value: unknown): number {
  return Array.isArray(value) ? value.length : (value as ReadonlyMap<unknown, unknown>).size;
}

/** Smithy's length trait counts Unicode scalar values, JavaScript's length UTF-16 units. */
function codePoints(value: unknown): number {
  let count = 0;
  for (const _ of value as string) count += 1;
  return count;
}

function sizeChecks({ minLength, maxLength }: options.Bounds, { quick, exact }: Sizer): CheckValue[] {
  const checks: CheckValue[] = [];
  if (minLength !== undefined && minLength > 0n) {
    const min = Number(minLength);
    const text = atLeast('length', minLength);
    checks.push(min === 1 ? (value) => (quick(value) < 1 ? text : undefined) : (value) => (exact(value) < min ? text : undefined));
  }
  if (maxLength !== undefined) {
    const max = Number(maxLength);
    const text = atMost('length', maxLength);
    checks.push((value) => (quick(value) > max && exact(value) > max ? text : undefined));
  }
  return checks;
}

function rangeChecks({ minValue, maxValue }: options.Bounds): CheckValue[] {
  const checks: CheckValue[] = [];
  if (minValue !== undefined) {
    const [min, text] = [Number(minValue), atLeast('value', minValue)];
    checks.push((value) => (Number(value) < min ? text : undefined));
  }
  if (maxValue !== undefined) {
    const [max, text] = [Number(maxValue), atMost('value', maxValue)];
    checks.push((value) => (Number(value) > max ? text : undefined));
  }
  return checks;
}

/** A pattern must fit the whole value, anchored or not, as AWS's validators match. */
function patternChecks({ pattern }: options.Bounds): CheckValue[] {
  if (pattern === '') return [];
  // Classes of Unicode (\\p{L}, in tags) are known to the u flag alone, under which some of AWS's other patterns would be no patterns.
  const expression = new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '');
  const text = patternText(pattern);
  return [(value) => (expression.test(value as string) ? undefined : text)];
}

function atLeast(what: 'length' | 'value', bound: bigint): string {
  return `Member must have ${what} greater than or equal to ${String(bound)}`;
}

function atMost(what: 'length' | 'value', bound: bigint): string {
  return `Member must have ${what} less than or equal to ${String(bound)}`;
}

function patternText(pattern: string): string {
  return `Member must satisfy regular expression pattern: ${pattern}`;
}
