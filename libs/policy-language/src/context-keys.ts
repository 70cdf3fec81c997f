import { parseJson, type JsonNode } from './json-text.ts';
import { variablesIn } from './policy-variable.ts';

/** A condition key that a statement asks for. */
export interface ContextKeyUse {
  /** Position of the statement in the document, from zero. */
  readonly statement: number;
  /** As the document writes it: `aws:SourceIp`. */
  readonly name: string;
  /** In Resource or NotResource it decides what the statement speaks of, in Condition whether it holds. */
  readonly place: 'resource' | 'condition';
  /** A variable with a default does without. */
  readonly isRequired: boolean;
}

/**
 * Every condition key of a document, in the order of the text: the keys of Condition, and the variables of Condition, Resource and NotResource.
 * For simulations and those who prepare one; decisions ask compiled documents.
 * @param text a document that `compilePolicy` takes
 */
export function contextKeysOf(text: string): ContextKeyUse[] {
  const root = parseJson(text);
  if (root.type !== 'object') return [];
  const version = root.members.get('Version');
  const versionText = version?.type === 'string' ? version.text : '';
  const statements = root.members.get('Statement');
  return itemsOf(statements).flatMap((node, statement) => {
    if (node.type !== 'object') return [];
    const { members } = node;
    const resources = ['Resource', 'NotResource'].flatMap((name) => itemsOf(members.get(name)));
    return [
      ...resources.flatMap((item) => variablesOf(item, versionText, statement, 'resource')),
      ...conditionKeys(members.get('Condition'), versionText, statement),
    ];
  });
}

function conditionKeys(block: JsonNode | undefined, version: string, statement: number): ContextKeyUse[] {
  return membersOf(block).flatMap(([, keys]) =>
    membersOf(keys).flatMap(([name, values]) => [
      { statement, name, place: 'condition' as const, isRequired: true },
      ...itemsOf(values).flatMap((value) => variablesOf(value, version, statement, 'condition')),
    ]),
  );
}

function variablesOf(node: JsonNode, version: string, statement: number, place: ContextKeyUse['place']): ContextKeyUse[] {
  if (node.type !== 'string') return [];
  return variablesIn(node.text, version).map(({ name, hasDefault }) => ({ statement, name, place, isRequired: !hasDefault }));
}

function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  if (node === undefined) return [];
  return node.type === 'array' ? node.items : [node];
}

function membersOf(node: JsonNode | undefined): (readonly [string, JsonNode])[] {
  return node?.type === 'object' ? [...node.members] : [];
}
