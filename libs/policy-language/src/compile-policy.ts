import { fail } from '@trent/errors';

import { compileActions } from './action-set.ts';
import { CompiledPolicy } from './compiled-policy.ts';
import { compileConditions } from './condition.ts';
import { parseJson, placesIn, type JsonNode, type Place } from './json-text.ts';
import { malformed, shown, syntaxError } from './malformed.ts';
import type { ActionSet, CompiledStatement, PolicyKind, ResourceSet } from './policy.ts';
import { compilePrincipals, type PrincipalSet } from './principal.ts';
import { compileResources } from './resource-set.ts';

/** AWS KMS developer guide, "Resource quotas": key policy document size. */
export const MAX_KEY_POLICY_BYTES = 32_768;
/** The longest document that IAM's and STS's models take; their quotas are smaller and their callers' to check. */
const MAX_POLICY_BYTES = 131_072;
/** AWS KMS and IAM models, PolicyType: tab, line feed, carriage return, U+0020 to U+00FF. */
const FOREIGN_CHARACTER = /[^\t\n\r\u0020-\u00ff]/;
const DOCUMENT_ELEMENTS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

type Members = ReadonlyMap<string, JsonNode>;

/**
 * Checks a policy document (IAM user guide, "Grammar of the IAM JSON policy language") and compiles it to a form that is fast to ask.
 * @param source what reasons call the document, such as a managed policy's ARN
 * @throws MalformedPolicyDocumentException with what is wrong and where; LimitExceededException beyond 32 KiB (key) or 128 KiB (others)
 */
export function compilePolicy(text: string, kind: PolicyKind, source?: string): CompiledPolicy {
  const maxBytes = kind === 'key' ? MAX_KEY_POLICY_BYTES : MAX_POLICY_BYTES;
  if (Buffer.byteLength(text, 'utf8') > maxBytes) fail('LimitExceededException', `Policy document must not exceed ${maxBytes} bytes.`);
  const foreign = FOREIGN_CHARACTER.exec(text);
  const placeOf = placesIn(text);
  if (foreign !== null) syntaxError(`${placeText(placeOf(foreign.index))} stands a character outside U+0020 to U+00FF`);
  const root = parseJson(text);
  if (root.type !== 'object') syntaxError('The document must be an object');
  refuseUnknown(root.members, DOCUMENT_ELEMENTS, 'The document');
  const version = readVersion(root.members);
  const id = optionalText(root.members, 'Id');
  const statements = readStatements(root.members).map((node, index) => compileStatement({ placeOf, node, index, version, kind }));
  if (kind !== 'key') refuseRepeatedSids(statements);
  return new CompiledPolicy({
    kind,
    version,
    statements,
    ...(id === undefined ? {} : { id }),
    ...(source === undefined ? {} : { source }),
  });
}

function placeText({ line, column }: Place): string {
  return `At line ${line}, column ${column}`;
}

function refuseUnknown(members: Members, known: ReadonlySet<string>, where: string): void {
  for (const name of members.keys()) if (!known.has(name)) syntaxError(`${where} has an unknown element "${shown(name)}"`);
}

function readVersion(members: Members): CompiledPolicy['version'] {
  const version = optionalText(members, 'Version') ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    syntaxError(`Version must be 2012-10-17 or 2008-10-17, not "${shown(version)}"`);
  }
  return version;
}

function optionalText(members: Members, name: string): string | undefined {
  const node = members.get(name);
  if (node === undefined) return undefined;
  return node.type === 'string' ? node.text : syntaxError(`${name} must be a string`);
}

function readStatements(members: Members): readonly JsonNode[] {
  const node = members.get('Statement');
  if (node === undefined) return syntaxError('The document has no Statement');
  const nodes = node.type === 'array' ? node.items : [node];
  return nodes.length > 0 ? nodes : syntaxError('Statement is empty');
}

function refuseRepeatedSids(statements: readonly CompiledStatement[]): void {
  const sids = statements.map((statement) => statement.sid).filter((sid) => sid !== undefined && sid !== '');
  if (new Set(sids).size < sids.length) malformed('Statement IDs (SID) in a single policy must be unique.');
}

interface StatementInput {
  readonly placeOf: (offset: number) => Place;
  readonly node: JsonNode;
  readonly index: number;
  readonly version: CompiledPolicy['version'];
  readonly kind: PolicyKind;
}

function compileStatement({ placeOf, node, index, version, kind }: StatementInput): CompiledStatement {
  if (node.type !== 'object') syntaxError(`Statement ${index + 1} must be an object`);
  const { members } = node;
  refuseUnknown(members, STATEMENT_ELEMENTS, `Statement ${index + 1}`);
  const effect = optionalText(members, 'Effect');
  if (effect !== 'Allow' && effect !== 'Deny') syntaxError(`Statement ${index + 1} must have the Effect "Allow" or "Deny"`);
  const sid = readSid(members, kind);
  const principals = readPrincipals(members, kind, index);
  const condition = members.get('Condition');
  const [start, end] = [placeOf(node.start), placeOf(node.end)];
  return {
    index,
    effect,
    ...(sid === undefined ? {} : { sid }),
    ...(principals === undefined ? {} : { principals }),
    actions: readActions(members, kind),
    resources: readResources(members, kind, version),
    conditions: condition === undefined ? [] : compileConditions(condition, { version, kind, effect }),
    span: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
  };
}

function readSid(members: Members, kind: PolicyKind): string | undefined {
  const sid = optionalText(members, 'Sid');
  if (sid !== undefined && kind !== 'key' && !/^[0-9A-Za-z]*$/.test(sid)) {
    malformed('Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*');
  }
  return sid;
}

function readPrincipals(members: Members, kind: PolicyKind, index: number): PrincipalSet | undefined {
  const [node, negated] = eitherOf(members, 'Principal', 'NotPrincipal');
  if (kind === 'identity' || kind === 'session') {
    return node === undefined ? undefined : malformed('Policy document should not specify a principal.');
  }
  if (node === undefined) syntaxError(`Statement ${index + 1} has no Principal`);
  return compilePrincipals(node, negated, kind);
}

function readActions(members: Members, kind: PolicyKind): ActionSet {
  const [node, negated] = eitherOf(members, 'Action', 'NotAction');
  const texts = node === undefined ? [] : textList(node, 'Action');
  if (texts.length === 0 && kind !== 'key') malformed('Policy statement must contain actions.');
  // A key policy's statement without Action is accepted and has no effect (AWS KMS developer guide, "Key policies").
  if (texts.length === 0) return compileActions([], false);
  if (kind === 'trust' && !texts.every((text) => /^sts:./i.test(text)))
    malformed('AssumeRole policy may only specify STS AssumeRole actions.');
  return compileActions(texts, negated);
}

function readResources(members: Members, kind: PolicyKind, version: string): ResourceSet {
  const [node, negated] = eitherOf(members, 'Resource', 'NotResource');
  if (kind === 'trust') return node === undefined ? compileResources(['*'], false, version) : malformed('Has prohibited field Resource.');
  const texts = node === undefined ? [] : textList(node, 'Resource');
  if (texts.length === 0 && kind !== 'key') malformed('Policy statement must contain resources.');
  return compileResources(texts, negated && texts.length > 0, version);
}

function eitherOf(members: Members, name: string, negation: string): [node: JsonNode | undefined, negated: boolean] {
  const [node, negated] = [members.get(name), members.get(negation)];
  if (node !== undefined && negated !== undefined) syntaxError(`${name} and ${negation} exclude each other`);
  return [node ?? negated, negated !== undefined];
}

function textList(node: JsonNode, element: string): string[] {
  const nodes = node.type === 'array' ? node.items : [node];
  return nodes.map((item) => (item.type === 'string' ? item.text : syntaxError(`${element} must be a string or a list of strings`)));
}
