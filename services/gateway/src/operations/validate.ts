import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { awsEnum, membersOf, type MemberField } from '@trent/contracts';
import { trentError, type TrentError } from '@trent/errors';

import { boundChecks, elementTexts, type CheckValue } from './bounds.ts';

/** Looks at a request and says what is wrong with it, all members at once; undefined: nothing. */
export type Validate = (message: object) => TrentError | undefined;

/** Adds what is wrong with a member's value to `found`; `path` leads to the structure that holds the member. */
type Check = (value: unknown, path: string, found: string[]) => void;
type CheckMessage = (message: object, path: string, found: string[]) => void;

/** Longer values are not repeated in an error: the answer stays smaller than the request. */
const MAX_SHOWN_CHARACTERS = 4096;

const checkers = new WeakMap<DescMessage, CheckMessage>();

/**
 * Makes the validator of a request from the bounds of its members, with AWS's texts (kms-api §12.2):
 * "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; Value at 'plaintext' …".
 */
export function validator(descriptor: DescMessage): Validate {
  const check = messageChecker(descriptor);
  return (message) => {
    const found: string[] = [];
    check(message, '', found);
    return found.length === 0 ? undefined : validationError(found);
  };
}

/** The ValidationException of some violations, each as `violation` wrote it. */
export function validationError(found: readonly string[]): TrentError {
  const count = `${String(found.length)} validation error${found.length === 1 ? '' : 's'} detected: `;
  return trentError('ValidationException', count + found.join('; '));
}

/** One violation: `Value 'x' at 'path' failed to satisfy constraint: Member must …`; an undefined value is not shown. */
export function violation(shown: string | undefined, path: string, text: string): string {
  return `Value ${shown === undefined ? '' : `${shown} `}at '${path}' failed to satisfy constraint: ${text}`;
}

function messageChecker(descriptor: DescMessage): CheckMessage {
  const known = checkers.get(descriptor);
  if (known !== undefined) return known;
  const properties: string[] = [];
  const checks: Check[] = [];
  const check: CheckMessage = (message, path, found) => {
    for (let i = 0; i < checks.length; i++) {
      (checks[i] as Check)((message as Record<string, unknown>)[properties[i] as string], path, found);
    }
  };
  checkers.set(descriptor, check);
  for (const member of membersOf(descriptor)) {
    const memberCheck = checkOf(member);
    if (memberCheck === undefined) continue;
    properties.push(member.property);
    checks.push(memberCheck);
  }
  return check;
}

/** The check of one member; undefined when nothing can be wrong with it. */
function checkOf(member: MemberField): Check | undefined {
  const inner =
    member.field.fieldKind === 'list' ? listCheck(member) : member.field.fieldKind === 'map' ? mapCheck(member) : singleCheck(member);
  if (!member.member.required) return inner;
  const name = member.lowerName;
  return (value, path, found) => {
    if (value === undefined || isEmptyCollection(value)) found.push(violation('null', path + name, 'Member must not be null'));
    else inner?.(value, path, found);
  };
}

function isEmptyCollection(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : value instanceof Map && value.size === 0;
}

function singleCheck(member: MemberField): Check | undefined {
  const { field, lowerName } = member;
  if (field.fieldKind === 'message') return structureCheck(field, lowerName);
  if (field.fieldKind === 'enum') return enumCheck(field.enum.typeName, lowerName);
  const checks = boundChecks(member.member.bounds, field.scalar);
  if (checks.length === 0) return undefined;
  const shown = member.member.sensitive || field.scalar === ScalarType.BYTES ? hide : show;
  return (value, path, found) => {
    if (value !== undefined) applyChecks(checks, value, shown, path + lowerName, found);
  };
}

function applyChecks(
  checks: readonly CheckValue[],
  value: unknown,
  shown: (value: unknown) => string | undefined,
  path: string,
  found: string[],
): void {
  for (let i = 0; i < checks.length; i++) {
    const text = (checks[i] as CheckValue)(value);
    if (text !== undefined) found.push(violation(shown(value), path, text));
  }
}

function structureCheck(field: DescField, name: string): Check | undefined {
  if (field.message === undefined || field.message.typeName === 'google.protobuf.Timestamp') return undefined;
  const check = messageChecker(field.message);
  return (value, path, found) => {
    if (value !== undefined) check(value as object, `${path}${name}.`, found);
  };
}

/** Inside, a value of an enum is a number of the contract; anything else is what the caller wrote. */
function enumCheck(typeName: string, name: string): Check {
  const { toAws, values } = awsEnum(typeName);
  const text = `Member must satisfy enum value set: [${values.join(', ')}]`;
  return (value, path, found) => {
    if (value !== undefined && (typeof value !== 'number' || toAws(value) === undefined))
      found.push(violation(show(value), path + name, text));
  };
}

function listCheck(member: MemberField): Check {
  const { lowerName } = member;
  const sizes = boundChecks(member.member.bounds, undefined);
  const elements = elementCheck(member);
  const shown = (list: unknown) => shownList(member, list);
  return (value, path, found) => {
    if ((value as readonly unknown[]).length === 0) return;
    applyChecks(sizes, value, shown, path + lowerName, found);
    elements(value, path, found);
  };
}

/** Structures are checked one by one (`tags.1.member.tagKey`); of simple values the list is told, with all that an element must be. */
function elementCheck(member: MemberField): Check {
  const { field, lowerName } = member;
  if (field.fieldKind === 'list' && field.message !== undefined) {
    const check = messageChecker(field.message);
    return (value, path, found) => {
      (value as readonly (object | null)[]).forEach((element, index) => {
        const at = `${path}${lowerName}.${String(index + 1)}.member`;
        if (element === null) found.push(violation('null', at, 'Member must not be null'));
        else check(element, `${at}.`, found);
      });
    };
  }
  const { isGood, text } = simpleElement(member);
  return (value, path, found) => {
    if (!(value as readonly unknown[]).every(isGood)) found.push(violation(shownList(member, value), path + lowerName, text));
  };
}

function simpleElement({ field, member }: MemberField): { isGood: (element: unknown) => boolean; text: string } {
  const texts = elementTexts(member.element);
  if (field.enum !== undefined) {
    const { toAws, values } = awsEnum(field.enum.typeName);
    const text = `Member must satisfy constraint: [Member must satisfy enum value set: [${values.join(', ')}]]`;
    return { isGood: (element) => typeof element === 'number' && toAws(element) !== undefined, text };
  }
  const checks = boundChecks(member.element, field.scalar);
  const all = texts.length === 0 ? 'Member must not be null' : texts.join(', ');
  const isGood = (element: unknown) => element !== null && checks.every((check) => check(element) === undefined);
  return { isGood, text: `Member must satisfy constraint: [${all}]` };
}

function mapCheck(member: MemberField): Check {
  const { lowerName } = member;
  const sizes = boundChecks(member.member.bounds, undefined);
  return (value, path, found) => {
    const map = value as ReadonlyMap<string, unknown>;
    if (map.size === 0) return;
    applyChecks(sizes, map, hide, path + lowerName, found);
    for (const entry of map.values()) {
      if (entry !== null) continue;
      found.push(violation(undefined, path + lowerName, 'Map value must satisfy constraint: [Member must not be null]'));
      return;
    }
  };
}

function shownList(member: MemberField, value: unknown): string | undefined {
  if (member.member.sensitive) return undefined;
  const { field } = member;
  const spell = field.enum === undefined ? String : spelling(field.enum.typeName);
  return show(`[${(value as readonly unknown[]).map(spell).join(', ')}]`);
}

function spelling(typeName: string): (value: unknown) => string {
  const { toAws } = awsEnum(typeName);
  return (value) => (typeof value === 'number' ? (toAws(value) ?? String(value)) : String(value));
}

function hide(): undefined {
  return undefined;
}

function show(value: unknown): string | undefined {
  const text = String(value);
  return text.length > MAX_SHOWN_CHARACTERS ? undefined : `'${text}'`;
}
