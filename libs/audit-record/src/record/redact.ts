import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { awsEnum, membersOf, options, type MemberField } from '@trent/contracts';
import { auditDate } from './audit-date.ts';

/** Writes what of a message may stand in a record, as JSON text of an object; '' when nothing of it may or nothing is set. */
export type Redaction = (message: object) => string;

/** JSON text of one value. */
type Render = (value: unknown) => string;

/** Adds a member to a JSON object under way ('' before the first); leaves it alone when the member is not set. */
type Append = (json: string, message: Readonly<Record<string, unknown>>) => string;

const compiled = new WeakMap<DescMessage, Redaction>();

/**
 * The redaction of a message type by its members' marks: AUDIT_SHOWN is written under its audit name, all else (hidden, unmarked) is not
 * looked at. Enums in AWS's spelling, times as CloudTrail writes them, 64-bit integers as numbers. Compiled once a message type, because
 * it runs on every request.
 * @throws {Error} when the contract shows a sensitive member or bytes: a defect of the contract, found by the tests that compile them all
 */
export function redactionOf(descriptor: DescMessage): Redaction {
  const known = compiled.get(descriptor);
  if (known !== undefined) return known;
  const appends: Append[] = [];
  const redaction: Redaction = (message) => {
    let json = '';
    for (const append of appends) json = append(json, message as Readonly<Record<string, unknown>>);
    return json === '' ? '' : `${json}}`;
  };
  compiled.set(descriptor, redaction); // before its members are compiled: a message may hold its own kind
  for (const member of membersOf(descriptor)) {
    if (member.member.audit === options.Audit.AUDIT_SHOWN) appends.push(appendMember(descriptor, member));
  }
  return redaction;
}

function appendMember(descriptor: DescMessage, { lowerName, property, field, member }: MemberField): Append {
  const name = `${descriptor.typeName}.${field.name}`;
  if (member.sensitive) throw new Error(`${name} is sensitive and marked AUDIT_SHOWN`);
  if (field.oneof !== undefined) throw new Error(`${name} is in a oneof: records have no form for it`);
  const first = `{${JSON.stringify(lowerName)}:`;
  const next = `,${first.slice(1)}`;
  const render = renderField(name, field);
  return (json, message) => {
    const value = message[property];
    if (value === undefined || isEmpty(value)) return json;
    return (json === '' ? first : json + next) + render(value);
  };
}

/** Lists and maps are not set when they are empty: the wire can't tell. */
function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : value instanceof Map && value.size === 0;
}

function renderField(name: string, field: DescField): Render {
  switch (field.fieldKind) {
    case 'scalar':
      return renderScalar(name, field.scalar);
    case 'enum':
      return renderEnum(field.enum);
    case 'message':
      return renderMessage(field.message);
    case 'list':
      return renderList(renderElement(name, field));
    case 'map':
      return renderMap(renderElement(name, field));
  }
}

function renderElement(name: string, field: DescField & { fieldKind: 'list' | 'map' }): Render {
  if (field.scalar !== undefined) return renderScalar(name, field.scalar);
  if (field.enum !== undefined) return renderEnum(field.enum);
  return renderMessage(field.message);
}

function renderScalar(name: string, type: ScalarType): Render {
  switch (type) {
    case ScalarType.STRING:
      return JSON.stringify;
    case ScalarType.BYTES:
      throw new Error(`${name} is bytes and marked AUDIT_SHOWN: records hold no bytes`);
    default:
      return String; // numbers, bigints, booleans
  }
}

function renderEnum(descriptor: DescEnum): Render {
  const spellings = awsEnum(descriptor.typeName);
  const texts = new Map(descriptor.values.map(({ number }) => [number, JSON.stringify(spellings.toAws(number) ?? number)]));
  return (value) => texts.get(value as number) ?? String(value);
}

function renderMessage(descriptor: DescMessage): Render {
  if (descriptor.typeName === 'google.protobuf.Timestamp') return (value) => JSON.stringify(auditDate(value as Date));
  const redaction = redactionOf(descriptor);
  return (value) => {
    const json = redaction(value as object);
    return json === '' ? '{}' : json;
  };
}

function renderList(element: Render): Render {
  return (value) => {
    let json = '';
    for (const item of value as readonly unknown[]) json += (json === '' ? '[' : ',') + element(item);
    return `${json}]`;
  };
}

/** Written by hand, not through an object, which would lose the key "__proto__" and reorder keys that look like numbers. */
function renderMap(element: Render): Render {
  return (value) => {
    let json = '';
    for (const [key, item] of value as ReadonlyMap<string, unknown>) {
      json += `${json === '' ? '{' : ','}${JSON.stringify(key)}:${element(item)}`;
    }
    return `${json}}`;
  };
}
