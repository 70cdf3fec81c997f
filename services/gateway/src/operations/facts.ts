import { awsEnum, membersOf, type authorize, type MemberField, type Operation } from '@trent/contracts';

import { derivedFacts } from './derived-facts.ts';

/** What policy may know of a request: condition keys and their values (kms-api §11). */
export type FactsOf = (message: object) => authorize.Fact[];

/** Adds what a request says of itself to the list. */
type AddFacts = (message: object, facts: authorize.Fact[]) => void;

/** The algorithm of a request that names none: AWS's policies see it all the same. */
const DEFAULT_ALGORITHM = 'SYMMETRIC_DEFAULT';

/**
 * Makes the reader of an operation's condition keys, from `condition_key` marks, the keys that the operation touches (context, algorithm,
 * alias) and what is derived. Keys of the connection and of the key itself are not its business.
 */
export function factsOf(operation: Operation): FactsOf {
  const adders = [...keyFacts(operation), ...memberFacts(operation)];
  const derive = derivedFacts[operation.name];
  if (derive !== undefined) adders.push(derive);
  return (message) => {
    const facts: authorize.Fact[] = [];
    for (const add of adders) add(message, facts);
    return facts;
  };
}

/** A fact about the request; `keyNumber` as in the contract. */
export function fact(key: string, values: string[], keyNumber = 0): authorize.Fact {
  return { key, values, keyNumber };
}

/** Context, algorithm and alias belong to a key: with two keys each has its own. */
function keyFacts({ option, request }: Operation): AddFacts[] {
  const members = new Map(membersOf(request).map((member) => [member.awsName, member]));
  return option.keys.flatMap((use, index) => {
    const keyNumber = option.keys.length > 1 ? index + 1 : 0;
    const adders: AddFacts[] = [];
    const context = members.get(use.contextMember);
    const algorithm = members.get(use.algorithmMember);
    const reference = members.get(use.member);
    if (context !== undefined) adders.push(contextFacts(context.property, keyNumber));
    if (context !== undefined || algorithm !== undefined) adders.push(algorithmFact(algorithm, keyNumber));
    // kms:RequestAlias is the name a key is used by, not the name that is changed.
    if (use.aliases && use.member !== option.aliasMember && reference !== undefined) {
      adders.push(aliasFact(reference.property, keyNumber));
    }
    return adders;
  });
}

function contextFacts(property: string, keyNumber: number): AddFacts {
  return (message, facts) => {
    const context = (message as Record<string, ReadonlyMap<string, string>>)[property];
    if (context === undefined || context.size === 0) return;
    for (const [key, value] of context) facts.push(fact(`kms:EncryptionContext:${key}`, [value], keyNumber));
    facts.push(fact('kms:EncryptionContextKeys', [...context.keys()], keyNumber));
  };
}

/** The member's own condition key (kms:SigningAlgorithm); without one it is the algorithm of an encryption, which has a default. */
function algorithmFact(member: MemberField | undefined, keyNumber: number): AddFacts {
  const key = member?.member.conditionKey;
  const spell = member?.field.enum === undefined ? undefined : awsEnum(member.field.enum.typeName).toAws;
  const property = member?.property ?? '';
  return (message, facts) => {
    const algorithm = spell?.((message as Record<string, number | undefined>)[property]) ?? DEFAULT_ALGORITHM;
    facts.push(fact(key === undefined || key === '' ? 'kms:EncryptionAlgorithm' : key, [algorithm], keyNumber));
  };
}

function aliasFact(property: string, keyNumber: number): AddFacts {
  return (message, facts) => {
    const reference = (message as Record<string, string | undefined>)[property];
    const alias = reference === undefined ? undefined : aliasNameIn(reference);
    if (alias !== undefined) facts.push(fact('kms:RequestAlias', [alias], keyNumber));
  };
}

/** The alias name in an alias name or alias ARN. */
function aliasNameIn(reference: string): string | undefined {
  if (reference.startsWith('alias/')) return reference;
  if (!reference.startsWith('arn:')) return undefined;
  const start = reference.indexOf(':alias/');
  return start < 0 ? undefined : reference.slice(start + 1);
}

/** Members with a mark of their own, but for those that `keyFacts` has. */
function memberFacts({ option, request }: Operation): AddFacts[] {
  const taken = new Set(option.keys.flatMap((use) => [use.contextMember, use.algorithmMember]));
  return membersOf(request).flatMap((member) => {
    const key = member.member.conditionKey;
    return key === '' || taken.has(member.awsName) ? [] : [memberFact(key, member)];
  });
}

function memberFact(key: string, { field, property }: MemberField): AddFacts {
  const isTime = field.message?.typeName === 'google.protobuf.Timestamp';
  if (field.fieldKind === 'map' || (field.fieldKind === 'message' && !isTime))
    throw new Error(`${field.parent.typeName}.${field.name} has no form as a condition key`);
  const spell = isTime ? isoDate : field.enum === undefined ? String : spelling(field.enum.typeName);
  return (message, facts) => {
    const value = (message as Record<string, unknown>)[property];
    if (value === undefined) return;
    facts.push(fact(key, Array.isArray(value) ? value.map(spell) : [spell(value)]));
  };
}

/** As Date… operators of policies read it. */
function isoDate(value: unknown): string {
  return (value as Date).toISOString();
}

function spelling(typeName: string): (value: unknown) => string {
  const { toAws } = awsEnum(typeName);
  return (value) => toAws(value as number) ?? String(value);
}
