import { foldCase, type PrincipalNames } from '@trent/policy-language';

import type { AuthorisationRequest } from './request.ts';

/** AWS KMS API reference, GrantConstraints: pairs of the encryption context, all of it (Equals) or a part (Subset), and the source's ARN. */
export interface GrantConstraints {
  readonly encryptionContextEquals?: Readonly<Record<string, string>>;
  readonly encryptionContextSubset?: Readonly<Record<string, string>>;
  readonly sourceArn?: string;
}

/** A grant as it is stored. */
export interface Grant {
  readonly grantId: string;
  /** ARN of root, user, role, session or federated user, or the name of a service. */
  readonly grantee: { readonly principal: string } | { readonly service: string };
  /** `Encrypt`, `ReEncryptFrom`, …: action names without `kms:`. */
  readonly operations: readonly string[];
  readonly constraints?: GrantConstraints;
}

/** A grant ready to be asked. */
export interface CompiledGrant {
  readonly grantId: string;
  /** Name in the form of `namesOf`: an account's id for its root, `service/…`, or an ARN. */
  readonly grantee: string;
  readonly operations: ReadonlySet<string>;
  /** Folded condition key and value of each pair of the encryption context. */
  readonly pairs: readonly (readonly [key: string, value: string])[];
  /** No pairs beyond these. */
  readonly exact: boolean;
  readonly sourceArn: string | undefined;
}

/** By whom a grant's grantee means the one who asks. */
export type GranteeMatch = 'exact' | 'role' | 'account';

const EC_PREFIX = 'kms:encryptioncontext:';
const ROOT = /^arn:aws:iam::(\d{12}):root$/;
/** Operations for which the encryption context constraint is not asked (AWS KMS developer guide, "Grant constraints"). */
const UNCONSTRAINED = new Set(['DescribeKey', 'RetireGrant']);
/** What a grant can't confer, whatever it says (AWS KMS developer guide, "Grants"). */
const NEVER_GRANTED = new Set(['ListGrants', 'ListRetirableGrants', 'RevokeGrant']);

/** Prepares a grant for `evaluate`. */
export function compileGrant(grant: Grant): CompiledGrant {
  const { grantId, grantee, operations, constraints = {} } = grant;
  const equals = constraints.encryptionContextEquals;
  return {
    grantId,
    grantee: 'service' in grantee ? `service/${grantee.service}` : (ROOT.exec(grantee.principal)?.[1] ?? grantee.principal),
    operations: new Set(operations.filter((operation) => !NEVER_GRANTED.has(operation))),
    pairs: pairsOf(equals ?? constraints.encryptionContextSubset),
    exact: equals !== undefined,
    sourceArn: constraints.sourceArn,
  };
}

function pairsOf(context: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(context ?? {}).map(([key, value]) => [EC_PREFIX + foldCase(key), value]);
}

/** The grants of one key by grantee and operation: how many there are doesn't matter to one request. */
export class GrantIndex {
  readonly #byName = new Map<string, CompiledGrant[]>();

  constructor(grants: Iterable<CompiledGrant>) {
    const listed = Array.from(grants);
    for (const grant of listed) if (isUnconstrained(grant)) this.#add(grant);
    for (const grant of listed) if (!isUnconstrained(grant)) this.#add(grant);
  }

  #add(grant: CompiledGrant): void {
    for (const operation of grant.operations) {
      const key = nameOf(operation, grant.grantee);
      const list = this.#byName.get(key);
      if (list === undefined) this.#byName.set(key, [grant]);
      else list.push(grant);
    }
  }

  /** Grants of this operation to this name; those without constraint first. */
  of(operation: string, name: string): readonly CompiledGrant[] {
    return this.#byName.get(nameOf(operation, name)) ?? NONE;
  }
}

const NONE: readonly CompiledGrant[] = [];

function nameOf(operation: string, grantee: string): string {
  return `${operation} ${grantee}`;
}

function isUnconstrained(grant: CompiledGrant): boolean {
  return grant.pairs.length === 0 && !grant.exact && grant.sourceArn === undefined;
}

/** The first grant that allows the request, the closest name first, and how its grantee means the principal. */
export function findGrant(
  grants: GrantIndex | readonly CompiledGrant[],
  request: AuthorisationRequest,
): { readonly grant: CompiledGrant; readonly match: GranteeMatch } | undefined {
  if (!request.action.startsWith('kms:') || request.resource === '*') return undefined;
  if (!(grants instanceof GrantIndex) && grants.length === 0) return undefined;
  const operation = request.action.slice(4);
  const { principal } = request;
  for (const match of MATCHES) {
    const name = granteeName(principal, match);
    if (name === undefined) continue;
    const isIndexed = grants instanceof GrantIndex;
    for (const grant of isIndexed ? grants.of(operation, name) : grants) {
      if (!isIndexed && (grant.grantee !== name || !grant.operations.has(operation))) continue;
      if (permits(grant, operation, request)) return { grant, match };
    }
  }
  return undefined;
}

const MATCHES = ['exact', 'role', 'account'] as const;

function granteeName(who: PrincipalNames, match: GranteeMatch): string | undefined {
  if (who.type === 'service') return match === 'exact' ? `service/${who.arn}` : undefined;
  if (who.type === 'web-identity' || who.type === 'anonymous') return undefined;
  if (match === 'exact') return who.arn;
  return match === 'role' ? who.roleArn : who.account;
}

function permits(grant: CompiledGrant, operation: string, request: AuthorisationRequest): boolean {
  if (operation === 'CreateGrant') return permitsChild(grant, request.childGrant);
  if (grant.sourceArn !== undefined && !has(request, 'aws:sourcearn', grant.sourceArn)) return false;
  if (UNCONSTRAINED.has(operation)) return true;
  if (grant.exact && (request.context.get('kms:encryptioncontextkeys')?.length ?? 0) !== grant.pairs.length) return false;
  // A loop, since a key may have thousands of grants that differ in their constraint alone.
  for (const pair of grant.pairs) if (!has(request, pair[0], pair[1])) return false;
  return true;
}

function has(request: AuthorisationRequest, key: string, value: string): boolean {
  const values = request.context.get(key);
  return values !== undefined && (values[0] === value || values.includes(value));
}

/** A child grant has no operation that its parent lacks and a constraint at least as strict (AWS KMS developer guide, "Granting CreateGrant"). */
function permitsChild(parent: CompiledGrant, child: AuthorisationRequest['childGrant']): boolean {
  if (child === undefined || !child.operations.every((operation) => parent.operations.has(operation))) return false;
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = child.constraints ?? {};
  if (parent.sourceArn !== undefined && parent.sourceArn !== sourceArn) return false;
  if (parent.exact && encryptionContextEquals === undefined) return false;
  const pairs = new Map(pairsOf(encryptionContextEquals ?? encryptionContextSubset));
  return (!parent.exact || pairs.size === parent.pairs.length) && parent.pairs.every(([key, value]) => pairs.get(key) === value);
}
