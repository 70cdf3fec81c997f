import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { awsEnum, membersOf, type Operation } from '@trent/contracts';

type WriteElement = (name: string, value: unknown) => string;

/** Writes the answer of an operation as the XML of AWS Query. */
export type WriteAnswer = (message: object, requestId: string) => string;

/**
 * Makes the writer of an operation's answer in AWS Query (kms-api §13.1):
 * `<XResponse xmlns="…"><XResult>…</XResult><ResponseMetadata><RequestId>…</RequestId></ResponseMetadata></XResponse>`;
 * an answer without members has no Result.
 */
export function queryWriter({ rpc, wire, response }: Operation): WriteAnswer {
  const open = `<${rpc}Response xmlns="${escapeXml(wire.xmlNamespace)}">`;
  const write = membersWriter(response, true);
  const hasMembers = response.fields.length > 0;
  return (message, requestId) => {
    const result = hasMembers ? `<${rpc}Result>${write(message)}</${rpc}Result>` : '';
    return `${open}${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${rpc}Response>`;
  };
}

/** Text as it may stand in XML 1.0; characters that XML cannot hold at all become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(NEEDS_ESCAPE, (character) => ENTITIES[character] ?? '\ufffd');
}

/** What must be escaped, and what XML 1.0 §2.2 excludes: control characters, surrogates alone. */
const NEEDS_ESCAPE =
  /[&<>"'\r]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '\r': '&#13;' };

/** An empty list is written in the answer itself, and inside a structure where it is required (`<MatchedStatements/>`); a user without tags has none. */
function membersWriter(descriptor: DescMessage, isAnswer: boolean): (message: object) => string {
  const members = membersOf(descriptor).map(({ awsName, property, field, member }) => ({
    awsName,
    property,
    write: fieldWriter(field),
    mayBeEmpty: isAnswer || member.required,
  }));
  return (message) => {
    let text = '';
    for (const { awsName, property, write, mayBeEmpty } of members) {
      const value = (message as Record<string, unknown>)[property];
      if (value !== undefined && (mayBeEmpty || !isEmptyCollection(value))) text += write(awsName, value);
    }
    return text;
  };
}

function isEmptyCollection(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : value instanceof Map && value.size === 0;
}

function fieldWriter(field: DescField): WriteElement {
  if (field.fieldKind === 'list') {
    const write = singleWriter(field.listKind, field);
    return (name, value) => element(name, (value as unknown[]).map((entry) => write('member', entry)).join(''));
  }
  if (field.fieldKind === 'map') {
    const write = singleWriter(field.mapKind, field);
    return (name, value) =>
      element(
        name,
        [...(value as Map<string, unknown>)].map(([key, of]) => `<entry>${leaf('key', key)}${write('value', of)}</entry>`).join(''),
      );
  }
  return singleWriter(field.fieldKind, field);
}

interface Kinds {
  readonly scalar?: ScalarType | undefined;
  readonly enum?: DescEnum | undefined;
  readonly message?: DescMessage | undefined;
}

function singleWriter(kind: 'scalar' | 'enum' | 'message', of: Kinds): WriteElement {
  if (kind === 'enum' && of.enum !== undefined) {
    const { toAws } = awsEnum(of.enum.typeName);
    return (name, value) => leaf(name, toAws(value as number) ?? '');
  }
  if (kind === 'scalar') {
    return of.scalar === ScalarType.BYTES
      ? (name, value) => element(name, (value as Buffer).toString('base64'))
      : (name, value) => leaf(name, String(value));
  }
  if (of.message?.typeName === 'google.protobuf.Timestamp') return (name, value) => element(name, isoSeconds(value as Date));
  if (of.message === undefined) throw new Error('a field of no kind in the contract');
  const write = membersWriter(of.message, false);
  return (name, value) => element(name, write(value as object));
}

function element(name: string, inner: string): string {
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

function leaf(name: string, text: string): string {
  return element(name, escapeXml(text));
}

/** `2024-01-02T03:04:05Z` */
function isoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
