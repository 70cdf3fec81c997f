import { parseAccountId, parseArn, parsePrincipalArn } from '@trent/identifiers';

import type { JsonNode } from './json-text.ts';
import { malformed, shown, syntaxError } from './malformed.ts';
import type { PolicyKind } from './policy.ts';

/** Who asks, as Principal elements can name them. */
export interface PrincipalNames {
  /** User, role session, federated user or account root; of a service its name, of a web identity its provider's ARN. */
  readonly arn: string;
  readonly account: string;
  readonly type: 'root' | 'user' | 'role-session' | 'federated-user' | 'web-identity' | 'service' | 'anonymous';
  /** Of a role session: the role's ARN, with its path. */
  readonly roleArn?: string;
  /** `AIDA…` of a user, `AROA…:session` of a role session: what a policy shows once the principal it named is deleted. */
  readonly uniqueId?: string;
}

/** By which name a statement means the one who asks, from the widest to the closest. */
export type PrincipalMatch = 'everyone' | 'account' | 'role' | 'exact';

/** Principals of one statement. Names: account ids, ARNs, unique ids, `service/…`, `federated/…`. */
export interface PrincipalSet {
  readonly negated: boolean;
  readonly everyone: boolean;
  readonly names: ReadonlySet<string>;
}

const UNIQUE_ID = /^A(?:IDA|ROA)[A-Z0-9]{12,124}$/;
const SERVICE_NAME = /^[a-z0-9-]{1,64}(?:\.[a-z0-9-]{1,64}){1,8}$/;
const PROVIDER_HOST = /^[A-Za-z0-9.-]+(?:\/.*)?$/;
const INVALID_IN_KEY_POLICY = 'Policy contains a statement with one or more invalid principals.';

/** Compiles Principal or NotPrincipal: `"*"` or an object of AWS, Service and Federated. Wildcards inside ARNs are not allowed. */
export function compilePrincipals(node: JsonNode, negated: boolean, kind: PolicyKind): PrincipalSet {
  const names = new Set<string>();
  let everyone = false;
  if (node.type === 'string' && node.text === '*') everyone = true;
  else if (node.type !== 'object') invalidPrincipal(kind, 'Principal', node.type === 'string' ? node.text : node.type);
  else {
    for (const [type, value] of node.members) {
      for (const text of textsOf(value, kind, type)) {
        if (type === 'AWS' && text === '*') everyone = true;
        else names.add(principalName(type, text) ?? invalidPrincipal(kind, type, text));
      }
    }
    if (!everyone && names.size === 0) invalidPrincipal(kind, 'Principal', '');
  }
  return { negated, everyone, names };
}

function textsOf(node: JsonNode, kind: PolicyKind, type: string): string[] {
  const nodes = node.type === 'array' ? node.items : [node];
  if (nodes.length === 0) syntaxError(`Principal ${shown(type)} is empty`);
  return nodes.map((item) => (item.type === 'string' ? item.text : invalidPrincipal(kind, type, item.type)));
}

function invalidPrincipal(kind: PolicyKind, type: string, text: string): never {
  malformed(kind === 'key' ? INVALID_IN_KEY_POLICY : `Invalid principal in policy: "${shown(type)}":"${shown(text)}"`);
}

function principalName(type: string, text: string): string | undefined {
  switch (type) {
    case 'AWS':
      return awsName(text);
    case 'Service':
      return SERVICE_NAME.test(text) ? `service/${text}` : undefined;
    case 'Federated':
      return isProvider(text) ? `federated/${text}` : undefined;
    default:
      return undefined;
  }
}

/** An account is its id, whether written as id or as root ARN. */
function awsName(text: string): string | undefined {
  if (parseAccountId(text) !== undefined || UNIQUE_ID.test(text)) return text;
  if (/[*?]/.test(text)) return undefined;
  const arn = parsePrincipalArn(text);
  return arn?.resource === 'root' ? arn.account : arn?.arn;
}

function isProvider(text: string): boolean {
  const arn = parseArn(text);
  if (arn === undefined) return PROVIDER_HOST.test(text);
  return arn.service === 'iam' && /^(?:oidc|saml)-provider\/./.test(arn.resource);
}

/** The closest name by which the set means this principal, or undefined if it doesn't. */
export function matchPrincipal(set: PrincipalSet, who: PrincipalNames, effect: 'Allow' | 'Deny'): PrincipalMatch | undefined {
  if (set.negated) return matchExcept(set, who, effect);
  const { names } = set;
  if (names.size > 0) {
    switch (who.type) {
      case 'service':
        if (names.has(`service/${who.arn}`)) return 'exact';
        break;
      case 'web-identity':
        if (names.has(`federated/${who.arn}`)) return 'exact';
        break;
      default:
        if (names.has(who.arn)) return 'exact';
        if (who.roleArn !== undefined && names.has(who.roleArn)) return 'role';
        if (who.uniqueId !== undefined && names.has(idOf(who.uniqueId))) return who.roleArn === undefined ? 'exact' : 'role';
        if (!set.everyone && names.has(who.account)) return 'account';
    }
  }
  return set.everyone ? 'everyone' : undefined;
}

function idOf(uniqueId: string): string {
  const colon = uniqueId.indexOf(':');
  return colon < 0 ? uniqueId : uniqueId.slice(0, colon);
}

/**
 * IAM user guide, "NotPrincipal": with Deny every name of a principal must be listed to spare it (the session, its role and its account; the
 * user and its account). With Allow one listed name is enough to leave it out: in doubt nothing is allowed.
 */
function matchExcept(set: PrincipalSet, who: PrincipalNames, effect: 'Allow' | 'Deny'): PrincipalMatch | undefined {
  if (set.everyone) return undefined;
  const chain = namesOf(who);
  const isListed = (name: string): boolean => set.names.has(name);
  const spared = effect === 'Deny' ? chain.length > 0 && chain.every(isListed) : chain.some(isListed);
  return spared ? undefined : 'everyone';
}

/** Every name of a principal, the widest first. */
export function namesOf(who: PrincipalNames): string[] {
  switch (who.type) {
    case 'anonymous':
      return [];
    case 'service':
      return [`service/${who.arn}`];
    case 'web-identity':
      return [`federated/${who.arn}`];
    case 'root':
      return [who.account];
    default:
      return who.roleArn === undefined ? [who.account, who.arn] : [who.account, who.roleArn, who.arn];
  }
}
