import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { awsEnum, membersOf } from '@trent/contracts';

/** Writes a member's value as JSON text. */
type WriteValue = (value: unknown) => string;

/** Writes a message as JSON text. */
export type WriteMessage = (message: object) => string;

const writers = new WeakMap<DescMessage, WriteMessage>();

/**
 * Makes the writer of a message in AWS JSON 1.1 (kms-api §12.1). What is absent is left out, and so is an empty list or map, for
 * protobuf does not tell them apart; but the lists of a page (an answer with a marker or token for the next), and those that the contract
 * marks, stand even when empty, as clients count on them.
 */
export function jsonWriter(descriptor: DescMessage): WriteMessage {
  const known = writers.get(descriptor);
  if (known !== undefined) return known;
  const members: {
    readonly prefix: string;
    readonly property: string;
    readonly write: WriteValue;
    readonly skip: (value: unknown) => boolean;
  }[] = [];
  const write: WriteMessage = (message) => {
    let text = '{';
    for (const member of members) {
      const value = (message as Record<string, unknown>)[member.property];
      if (member.skip(value)) continue;
      text += (text.length > 1 ? ',' : '') + member.prefix + member.write(value);
    }
    return text + '}';
  };
  writers.set(descriptor, write);
  const page = isPage(descriptor);
  for (const { awsName, property, field, member } of membersOf(descriptor)) {
    const skip = skipper(field, page || member.shownWhenEmpty);
    members.push({ prefix: `${JSON.stringify(awsName)}:`, property, write: fieldWriter(field), skip });
  }
  return write;
}

function isPage(descriptor: DescMessage): boolean {
  return membersOf(descriptor).some(({ awsName }) => awsName === 'Truncated' || awsName === 'IsTruncated' || awsName === 'NextToken');
}

function skipper(field: DescField, shownWhenEmpty: boolean): (value: unknown) => boolean {
  if (field.fieldKind === 'map') return (value) => (value as ReadonlyMap<string, unknown>).size === 0;
  if (field.fieldKind === 'list' && !shownWhenEmpty) return (value) => (value as readonly unknown[]).length === 0;
  return isUndefined;
}

function isUndefined(value: unknown): boolean {
  return value === undefined;
}

function fieldWriter(field: DescField): WriteValue {
  if (field.fieldKind === 'list') {
    const element = singleWriter(field.listKind, field);
    return (value) => `[${(value as unknown[]).map(element).join(',')}]`;
  }
  if (field.fieldKind === 'map') {
    const entry = singleWriter(field.mapKind, field);
    return (value) => `{${[...(value as Map<string, unknown>)].map(([key, of]) => `${JSON.stringify(key)}:${entry(of)}`).join(',')}}`;
  }
  return singleWriter(field.fieldKind, field);
}

interface Kinds {
  readonly scalar?: ScalarType | undefined;
  readonly enum?: DescEnum | undefined;
  readonly message?: DescMessage | undefined;
}

function singleWriter(kind: 'scalar' | 'enum' | 'message', of: Kinds): WriteValue {
  if (kind === 'scalar') return scalarWriter(of.scalar);
  if (kind === 'enum' && of.enum !== undefined) {
    const { toAws } = awsEnum(of.enum.typeName);
    return (value) => `"${toAws(value as number) ?? ''}"`;
  }
  if (of.message?.typeName === 'google.protobuf.Timestamp') return writeTimestamp;
  if (of.message === undefined) throw new Error('a field of no kind in the contract');
  const write = jsonWriter(of.message);
  return (value) => write(value as object);
}

function scalarWriter(scalar: ScalarType | undefined): WriteValue {
  if (scalar === ScalarType.STRING) return JSON.stringify as WriteValue;
  return scalar === ScalarType.BYTES ? writeBlob : String;
}

function writeBlob(value: unknown): string {
  return `"${(value as Buffer).toString('base64')}"`;
}

/** Epoch seconds with milliseconds as the fraction. */
function writeTimestamp(value: unknown): string {
  return String((value as Date).getTime() / 1000);
}
