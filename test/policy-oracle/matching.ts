/**
 * Wildcards, variables and principals, as the IAM user guide tells them. Patterns become regular expressions: slow, and nothing like what the
 * product does.
 */
import { listOf, type Asker, type PrincipalElement } from './question.ts';

/** Values of a condition key; undefined: the request has none. */
export type Lookup = (key: string) => readonly string[] | undefined;

/** A text of a policy, character by character: wildcards stand apart from what only looks like one (`${*}`, or a value put in for a variable). */
export type Characters = readonly { readonly text: string; readonly isWildcard: boolean }[];

/**
 * "Policy variables": `${key}` or `${key, 'default'}`, `${*}`, `${?}` and `${$}`; version 2012-10-17 alone.
 * @returns undefined when a variable has no value
 */
export function readText(text: string, version: string | undefined, lookup: Lookup): Characters | undefined {
  const characters: { text: string; isWildcard: boolean }[] = [];
  let at = 0;
  while (at < text.length) {
    const variable = version === '2012-10-17' ? /^\$\{([^}]*)\}/.exec(text.slice(at)) : null;
    if (variable === null) {
      const character = text.charAt(at);
      characters.push({ text: character, isWildcard: character === '*' || character === '?' });
      at += 1;
      continue;
    }
    const value = valueOfVariable(variable[1] ?? '', lookup);
    if (value === undefined) return undefined;
    for (const character of value) characters.push({ text: character, isWildcard: false });
    at += variable[0].length;
  }
  return characters;
}

function valueOfVariable(inside: string, lookup: Lookup): string | undefined {
  if (['*', '?', '$'].includes(inside)) return inside;
  const [, key = inside, fallback] = /^([^,]*),\s*'([^']*)'\s*$/.exec(inside) ?? [];
  const values = lookup(key.trim()) ?? [];
  if (values.length > 1) return undefined;
  return values[0] ?? fallback;
}

/** The characters as they stand. */
export function plain(characters: Characters): string {
  return characters.map(({ text }) => text).join('');
}

/** `*` is any number of characters, `?` is one. */
export function isLike(characters: Characters, value: string): boolean {
  const source = characters.map(({ text, isWildcard }) => (!isWildcard ? escaped(text) : text === '*' ? '[\\s\\S]*' : '[\\s\\S]'));
  return new RegExp(`^${source.join('')}$`).test(value);
}

/** "Action": names compare without case. */
export function isAction(pattern: string, action: string): boolean {
  return isLike(readText(pattern.toLowerCase(), undefined, () => undefined) ?? [], action.toLowerCase());
}

/**
 * "Resource": wildcards stay inside the segments that colons make, but for a `*` that ends its segment; an ARN with fewer than six segments is
 * completed by `*`.
 */
export function isResource(characters: Characters, resource: string): boolean {
  if (characters.length === 1 && characters[0]?.text === '*' && characters[0].isWildcard) return true;
  const all = [...characters];
  if (plain(all).startsWith('arn:')) {
    for (let colons = all.filter(({ text }) => text === ':').length; colons < 5; colons++) {
      all.push({ text: ':', isWildcard: false }, { text: '*', isWildcard: true });
    }
  }
  const source = all.map(({ text, isWildcard }, i) => {
    if (!isWildcard) return escaped(text);
    if (text === '?') return '[^:]';
    const next = all[i + 1];
    return next === undefined || next.text === ':' ? '[\\s\\S]*' : '[^:]*';
  });
  return new RegExp(`^${source.join('')}$`).test(resource);
}

/** "ArnLike": each of the six components is compared by itself; further colons belong to the sixth. */
export function isArnLike(characters: Characters, arn: string): boolean {
  if (characters.length === 1 && characters[0]?.text === '*' && characters[0].isWildcard) return true;
  const parts: { text: string; isWildcard: boolean }[][] = [[]];
  for (const character of characters) {
    if (character.text === ':' && parts.length < 6) parts.push([]);
    else parts.at(-1)?.push(character);
  }
  const pieces = arn.split(':');
  if (parts.length !== 6 || pieces.length < 6) return false;
  const components = [...pieces.slice(0, 5), pieces.slice(5).join(':')];
  return parts.every((part, i) => isLike(part, components[i] ?? ''));
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** How closely a statement means the one who asks. */
export type Closeness = 'nobody' | 'account' | 'everyone' | 'role' | 'self';

/** "Principal": by ARN, by the role of a session, by account, by `*`, by unique id, by service. The closest counts. */
export function closeness(element: PrincipalElement, who: Asker): Closeness {
  if (element === '*') return 'everyone';
  const aws = listOf(element['AWS']);
  if (who.type === 'service') return listOf(element['Service']).includes(who.arn) ? 'self' : aws.includes('*') ? 'everyone' : 'nobody';
  if (who.type === 'anonymous') return aws.includes('*') ? 'everyone' : 'nobody';
  const id = who.uniqueId?.split(':')[0];
  const isSession = who.type === 'role-session';
  if (who.type !== 'root' && (aws.includes(who.arn) || (!isSession && id !== undefined && aws.includes(id)))) return 'self';
  if (isSession && ((who.roleArn !== undefined && aws.includes(who.roleArn)) || (id !== undefined && aws.includes(id)))) return 'role';
  if (aws.includes('*')) return 'everyone';
  return namesAccount(aws, who.account) ? 'account' : 'nobody';
}

function namesAccount(aws: readonly string[], account: string): boolean {
  return aws.includes(account) || aws.includes(`arn:aws:iam::${account}:root`);
}

/**
 * "NotPrincipal": a Deny spares only whom it lists with all names, user and account, session and role and account; an Allow leaves out whoever is
 * listed by any name.
 */
export function isMeantByNot(element: PrincipalElement, who: Asker, effect: 'Allow' | 'Deny'): boolean {
  if (element === '*') return false;
  const aws = listOf(element['AWS']);
  if (aws.includes('*')) return false;
  const listed: boolean[] = [];
  if (who.type === 'service') listed.push(listOf(element['Service']).includes(who.arn));
  else if (who.type !== 'anonymous') {
    listed.push(namesAccount(aws, who.account));
    if (who.type !== 'root') listed.push(aws.includes(who.arn));
    if (who.roleArn !== undefined) listed.push(aws.includes(who.roleArn));
  }
  if (effect === 'Deny') return listed.length === 0 || !listed.every(Boolean);
  return !listed.some(Boolean);
}
