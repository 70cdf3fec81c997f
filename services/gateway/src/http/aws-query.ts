import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { awsEnum, membersOf } from '@trent/contracts';
import { fail } from '@trent/errors';

/** More than any request of STS or IAM has (50 tags are 100 parameters, a simulation may ask a thousand actions on a thousand resources). */
const MAX_PARAMETERS = 4000;
/** `Tags.member.1.Key` is four names deep. */
const MAX_DEPTH = 16;

/** Parameters of an AWS Query request, flat as they came: name → value. */
export type Parameters = ReadonlyMap<string, string>;

/** Dotted names as a tree: a value, or what stands under the next name. */
interface Branch {
  value?: string;
  readonly under: Map<string, Branch>;
}

type ReadBranch = (branch: Branch | undefined) => unknown;

/** Reads a request from the parameters of AWS Query. */
export type ReadParameters = (parameters: Parameters) => object;

/**
 * Parses a form body or a query string (WHATWG URL §5.1). The first of a repeated name counts.
 * @throws {TrentError} SerializationException when there are too many
 */
export function parseParameters(text: string): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.size >= MAX_PARAMETERS) fail('SerializationException', 'Too many parameters');
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

/**
 * Makes the reader of a request in AWS Query (kms-api §13.1): structures dotted, lists `X.member.N`, maps `X.entry.N.key` and `.value`,
 * an empty list `X=`. Unknown parameters are ignored.
 * @throws {TrentError} SerializationException from the reader, for a value of the wrong type
 */
export function queryReader(descriptor: DescMessage): ReadParameters {
  const read = messageReader(descriptor);
  return (parameters) => read(treeOf(parameters)) as object;
}

function treeOf(parameters: Parameters): Branch {
  const root: Branch = { under: new Map() };
  for (const [name, value] of parameters) {
    const names = name.split('.', MAX_DEPTH);
    let branch = root;
    for (const part of names) {
      const next = branch.under.get(part) ?? { under: new Map<string, Branch>() };
      branch.under.set(part, next);
      branch = next;
    }
    branch.value = value;
  }
  return root;
}

function messageReader(descriptor: DescMessage): ReadBranch {
  const members = membersOf(descriptor).map(({ awsName, property, field }) => ({ awsName, property, read: fieldReader(field) }));
  return (branch) => {
    if (branch === undefined) return undefined;
    const message: Record<string, unknown> = {};
    for (const { awsName, property, read } of members) message[property] = read(branch.under.get(awsName));
    return message;
  };
}

function fieldReader(field: DescField): ReadBranch {
  if (field.fieldKind === 'list') return listReader(singleReader(field.listKind, field));
  if (field.fieldKind === 'map') return mapReader(singleReader(field.mapKind, field));
  return singleReader(field.fieldKind, field);
}

function listReader(element: ReadBranch): ReadBranch {
  return (branch) => numbered(branch?.under.get('member')).map((entry) => element(entry) ?? null);
}

function mapReader(value: ReadBranch): ReadBranch {
  return (branch) => {
    const map = new Map<string, unknown>();
    for (const entry of numbered(branch?.under.get('entry'))) {
      map.set(entry.under.get('key')?.value ?? '', value(entry.under.get('value')) ?? null);
    }
    return map;
  };
}

/** What stands under 1, 2, 3 and so on, in that order. */
function numbered(branch: Branch | undefined): Branch[] {
  if (branch === undefined) return [];
  const entries = [...branch.under].map(([name, entry]) => [Number(name), entry] as const);
  if (entries.some(([index]) => !Number.isInteger(index) || index < 1))
    fail('SerializationException', 'List indices must be positive integers');
  return entries.sort(([left], [right]) => left - right).map(([, entry]) => entry);
}

interface Kinds {
  readonly scalar?: ScalarType | undefined;
  readonly enum?: DescEnum | undefined;
  readonly message?: DescMessage | undefined;
}

function singleReader(kind: 'scalar' | 'enum' | 'message', of: Kinds): ReadBranch {
  if (kind === 'enum' && of.enum !== undefined) {
    const { fromAws } = awsEnum(of.enum.typeName);
    return valueReader((text) => fromAws(text) ?? text);
  }
  if (kind === 'scalar' && of.scalar !== undefined) return valueReader(scalarReader(of.scalar));
  if (of.message?.typeName === 'google.protobuf.Timestamp') return valueReader(readTimestamp);
  if (of.message !== undefined) return messageReader(of.message);
  throw new Error('a field of no kind in the contract');
}

function valueReader(read: (text: string) => unknown): ReadBranch {
  return (branch) => (branch?.value === undefined ? undefined : read(branch.value));
}

function scalarReader(scalar: ScalarType): (text: string) => unknown {
  switch (scalar) {
    case ScalarType.STRING:
      return (text) => text;
    case ScalarType.BYTES:
      return (text) => Buffer.from(text, 'base64');
    case ScalarType.BOOL:
      return readBoolean;
    case ScalarType.INT32:
    case ScalarType.UINT32:
      return readInteger;
    default:
      throw new Error(`scalar ${ScalarType[scalar]} has no form in AWS Query`);
  }
}

function readBoolean(text: string): boolean {
  if (text === 'true') return true;
  return text === 'false' ? false : fail('SerializationException', 'Boolean must be true or false');
}

function readInteger(text: string): number {
  const value = Number(text);
  return /^-?\d{1,10}$/.test(text) && value === (value | 0) ? value : fail('SerializationException', 'Integer expected');
}

function readTimestamp(text: string): Date {
  const epochMs = Date.parse(text);
  return Number.isNaN(epochMs) ? fail('SerializationException', 'Timestamp must be of ISO 8601') : new Date(epochMs);
}
