import { isUtf8 } from 'node:buffer';
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { awsEnum, membersOf } from '@trent/contracts';
import { fail } from '@trent/errors';

/** Reads a JSON value into a member of a ts-proto message; `undefined` and `null` give the member's empty value. */
type ReadValue = (json: unknown) => unknown;

/** Reads the object that a body holds into a message. */
export type ReadMessage = (json: object) => object;

/** Deeper than any request of the contract; nothing below it is looked at, it only costs memory to parse. */
const MAX_DEPTH = 32;
/** Up to here even the deepest nesting is a few hundred kilobytes of parsed arrays. */
const DEPTH_CHECK_FROM_BYTES = 16 * 1024;
/** 9999-12-31T23:59:59Z, the last second that protobuf's Timestamp knows. */
const LAST_EPOCH_SECOND = 253_402_300_799;

const readers = new WeakMap<DescMessage, ReadMessage>();

/**
 * Makes the reader of a message in AWS JSON 1.1 (kms-api §12.1): unknown members ignored, null is absent, types strict, blobs base64,
 * timestamps epoch seconds. A spelling that no enum knows stays in the message as text, and a null in a list or map as null:
 * validation, which has AWS's words for them, comes next.
 * @throws {TrentError} SerializationException from the reader, for a value of the wrong type
 */
export function jsonReader(descriptor: DescMessage): ReadMessage {
  const known = readers.get(descriptor);
  if (known !== undefined) return known;
  const names: string[] = [];
  const properties: string[] = [];
  const reads: ReadValue[] = [];
  const read: ReadMessage = (json) => {
    const message: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      message[properties[i] as string] = (reads[i] as ReadValue)((json as Record<string, unknown>)[names[i] as string]);
    }
    return message;
  };
  readers.set(descriptor, read);
  for (const member of membersOf(descriptor)) {
    names.push(member.awsName);
    properties.push(member.property);
    reads.push(fieldReader(member.field));
  }
  return read;
}

/**
 * Parses a request body. No body is an empty object.
 * @throws {TrentError} SerializationException when the body is no UTF-8, no JSON or no object, or nested beyond any request
 */
export function parseJsonBody(body: Buffer): object {
  if (body.length === 0) return {};
  if (!isUtf8(body)) fail('SerializationException', 'Invalid UTF-8 in the request body');
  if (body.length > DEPTH_CHECK_FROM_BYTES && isTooDeep(body)) fail('SerializationException', 'Nesting is too deep');
  const json = parse(body.toString());
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  return fail('SerializationException', json === null || Array.isArray(json) ? 'Unexpected value type in payload' : 'Expected null');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, which may hold secrets.
    return fail('SerializationException', 'Unexpected token received from parser');
  }
}

/** Counts brackets outside strings; what it miscounts in broken JSON the parser refuses anyway. */
function isTooDeep(body: Buffer): boolean {
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === QUOTE) i = endOfString(body, i + 1);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
  return false;
}

function endOfString(body: Buffer, start: number): number {
  for (let i = start; i < body.length; i++) {
    const byte = body[i];
    if (byte === BACKSLASH) i += 1;
    else if (byte === QUOTE) return i;
  }
  return body.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

function fieldReader(field: DescField): ReadValue {
  switch (field.fieldKind) {
    case 'list':
      return listReader(singleReader(field.listKind, field));
    case 'map':
      return mapReader(
        field.mapKind === 'scalar' && field.scalar === ScalarType.STRING ? readMapString : singleReader(field.mapKind, field),
      );
    default:
      return singleReader(field.fieldKind, field);
  }
}

interface Kinds {
  readonly scalar?: ScalarType | undefined;
  readonly enum?: DescEnum | undefined;
  readonly message?: DescMessage | undefined;
}

function singleReader(kind: 'scalar' | 'enum' | 'message', of: Kinds): ReadValue {
  if (kind === 'scalar' && of.scalar !== undefined) return scalarReader(of.scalar);
  if (kind === 'enum' && of.enum !== undefined) return enumReader(of.enum);
  if (of.message?.typeName === 'google.protobuf.Timestamp') return readTimestamp;
  if (of.message !== undefined) return structureReader(of.message);
  throw new Error('a field of no kind in the contract');
}

function structureReader(descriptor: DescMessage): ReadValue {
  const read = jsonReader(descriptor);
  return (json) => {
    if (json === undefined || json === null) return undefined;
    if (typeof json !== 'object') return fail('SerializationException', 'Unexpected field type');
    if (Array.isArray(json)) return fail('SerializationException', 'Start of list found where not expected');
    return read(json);
  };
}

function listReader(element: ReadValue): ReadValue {
  return (json) => {
    if (json === undefined || json === null) return [];
    if (!Array.isArray(json))
      return typeof json === 'object' ? unexpectedStructure() : fail('SerializationException', 'Unexpected field type');
    return json.map((value: unknown) => (value === null ? null : element(value)));
  };
}

/** Own keys alone are read, so a key "__proto__" is a key like any other (JSON.parse makes it an own property). */
function mapReader(value: ReadValue): ReadValue {
  return (json) => {
    const map = new Map<string, unknown>();
    if (json === undefined || json === null) return map;
    if (typeof json !== 'object') return fail('SerializationException', 'Unexpected field type');
    if (Array.isArray(json)) return fail('SerializationException', 'Start of list found where not expected');
    for (const key of Object.keys(json)) {
      const entry = (json as Record<string, unknown>)[key];
      if (!key.isWellFormed()) illFormed();
      map.set(key, entry === null ? null : value(entry));
    }
    return map;
  };
}

function enumReader(descriptor: DescEnum): ReadValue {
  const { fromAws } = awsEnum(descriptor.typeName);
  return (json) => {
    if (json === undefined || json === null) return undefined;
    return typeof json === 'string' ? (fromAws(json) ?? json) : refuse(json, 'a String');
  };
}

function scalarReader(scalar: ScalarType): ReadValue {
  switch (scalar) {
    case ScalarType.STRING:
      return readString;
    case ScalarType.BYTES:
      return readBlob;
    case ScalarType.BOOL:
      return readBoolean;
    case ScalarType.INT32:
    case ScalarType.UINT32:
      return readInteger;
    case ScalarType.INT64:
      return readLong;
    case ScalarType.DOUBLE:
      return readDouble;
    default:
      throw new Error(`scalar ${ScalarType[scalar]} has no form in AWS JSON`);
  }
}

/** An escaped surrogate alone has no UTF-8: two such texts would become one in the protobuf message that is executed. */
function readString(json: unknown): unknown {
  if (typeof json === 'string') return json.isWellFormed() ? json : illFormed();
  return json === undefined || json === null ? undefined : refuse(json, 'a String');
}

/** Values of a string map may be numbers (KMS developer guide, "Encryption context"). */
function readMapString(json: unknown): unknown {
  return typeof json === 'number' ? String(json) : readString(json);
}

function readBoolean(json: unknown): unknown {
  if (typeof json === 'boolean') return json;
  return json === undefined || json === null ? undefined : refuse(json, 'a Boolean');
}

function readInteger(json: unknown): unknown {
  if (json === undefined || json === null) return undefined;
  if (typeof json !== 'number') return refuse(json, 'an Integer');
  if (!Number.isInteger(json)) return fail('SerializationException', 'DECIMAL_VALUE can not be converted to an Integer');
  return json === (json | 0) ? json | 0 : fail('SerializationException', 'NUMBER_VALUE can not be converted to an Integer');
}

function readLong(json: unknown): unknown {
  if (json === undefined || json === null) return undefined;
  if (typeof json !== 'number') return refuse(json, 'a Long');
  return Number.isSafeInteger(json) ? BigInt(json) : fail('SerializationException', 'NUMBER_VALUE can not be converted to a Long');
}

function readDouble(json: unknown): unknown {
  if (typeof json === 'number') return json;
  return json === undefined || json === null ? undefined : refuse(json, 'a Double');
}

function readTimestamp(json: unknown): unknown {
  if (json === undefined || json === null) return undefined;
  if (typeof json !== 'number') return refuse(json, 'a Timestamp');
  if (!(Math.abs(json) <= LAST_EPOCH_SECOND)) return fail('SerializationException', 'NUMBER_VALUE can not be converted to a Timestamp');
  return new Date(Math.round(json * 1000));
}

/**
 * Base64 with the standard alphabet and padding (RFC 4648 §4). Node's decoder skips what it does not know, so what was skipped shows
 * in the length; the URL alphabet, which it takes too, has to be looked for.
 */
function readBlob(json: unknown): unknown {
  if (json === undefined || json === null) return undefined;
  if (typeof json !== 'string') return typeof json === 'object' ? refuse(json, '') : fail('SerializationException', NOT_BASE64);
  if (json.length % 4 !== 0) {
    return fail('SerializationException', `Base64 encoded length is expected a multiple of 4 bytes but found: ${String(json.length)}`);
  }
  const bytes = Buffer.from(json, 'base64');
  const padding = json.endsWith('==') ? 2 : json.endsWith('=') ? 1 : 0;
  const isWhole = bytes.length === (json.length / 4) * 3 - padding && !json.includes('-') && !json.includes('_');
  return isWhole ? bytes : fail('SerializationException', NOT_BASE64);
}

const NOT_BASE64 = 'only base-64-encoded strings are convertible to bytes';

function refuse(json: unknown, wanted: string): never {
  if (Array.isArray(json)) return fail('SerializationException', 'Start of list found where not expected');
  if (typeof json === 'object') return unexpectedStructure();
  const got = typeof json === 'string' ? 'STRING' : typeof json === 'number' ? 'NUMBER' : json === true ? 'TRUE' : 'FALSE';
  return fail('SerializationException', `${got}_VALUE can not be converted to ${wanted}`);
}

function illFormed(): never {
  return fail('SerializationException', 'Text is not well-formed Unicode');
}

function unexpectedStructure(): never {
  return fail('SerializationException', 'Start of structure or map found where not expected');
}
