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
  /** Who may retire it, in the form of the grantee. */
  readonly retiring?: { readonly principal: string } | { readonly service: string };
  /** Account of its maker. */
  readonly issuingAccount?: string;
  /** `AIDA…` or `AROA…` of whom the ARN meant when the grant was made: one who is made again under it is another. */
  readonly granteeId?: string;
  readonly retiringId?: string;
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
  /** Name of the retiring principal. */
  readonly retiring: string | undefined;
  readonly issuingAccount: string | undefined;
  readonly granteeId: string | undefined;
  readonly retiringId: string | undefined;
}

/** By whom a grant's grantee means the one who asks. */
export type GranteeMatch = 'exact' | 'role' | 'account';

const EC_PREFIX = 'kms:encryptioncontext:';
const ROOT = /^arn:aws:iam::(\d{12}):root$/;
/** What a grant can't confer, whatever it says (AWS KMS developer guide, "Grants"). */
const NEVER_GRANTED = new Set(['ListGrants', 'ListRetirableGrants', 'RevokeGrant']);

/** Prepares a grant for `evaluate`. */
export function compileGrant(grant: Grant): CompiledGrant {
  const { grantId, grantee, operations, constraints = {} } = grant;
  const equals = constraints.encryptionContextEquals;
  return {
    grantId,
    grantee: nameOf(grantee),
    operations: new Set(operations.filter((operation) => !NEVER_GRANTED.has(operation))),
    pairs: pairsOf(equals ?? constraints.encryptionContextSubset),
    exact: equals !== undefined,
    sourceArn: constraints.sourceArn,
    retiring: grant.retiring === undefined ? undefined : nameOf(grant.retiring),
    issuingAccount: grant.issuingAccount,
    granteeId: grant.granteeId,
    retiringId: grant.retiringId,
  };
}

function nameOf(who: Grant['grantee']): string {
  return 'service' in who ? `service/${who.service}` : (ROOT.exec(who.principal)?.[1] ?? who.principal);
}

function pairsOf(context: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(context ?? {}).map(([key, value]) => [EC_PREFIX + foldCase(key), value]);
}

/** By which name of its grantee a grant can mean the one who asks, the closest first. */
export const GRANTEE_MATCHES = ['exact', 'role', 'account'] as const;

/** The name, as grants are compiled with, that is to match in this way; undefined: the principal has none. */
export function granteeName(who: PrincipalNames, match: GranteeMatch): string | undefined {
  if (who.type === 'service') return match === 'exact' ? `service/${who.arn}` : undefined;
  if (who.type === 'web-identity' || who.type === 'anonymous') return undefined;
  if (match === 'exact') return who.arn;
  return match === 'role' ? who.roleArn : who.account;
}

/** Whether a grant of this operation is still its grantee's, and its constraints hold. */
export function permits(grant: CompiledGrant, operation: string, request: AuthorisationRequest): boolean {
  if (!isStill(grant.granteeId, request.principal)) return false;
  // AWS KMS API reference, GrantConstraints: no constraint is asked for RetireGrant, none of the encryption context for DescribeKey.
  if (operation === 'CreateGrant') return permitsChild(grant, request.childGrant);
  if (operation === 'RetireGrant') return true;
  if (grant.sourceArn !== undefined && !has(request, 'aws:sourcearn', grant.sourceArn)) return false;
  if (operation === 'DescribeKey') return true;
  if (grant.exact && (request.context.get('kms:encryptioncontextkeys')?.length ?? 0) !== grant.pairs.length) return false;
  for (const pair of grant.pairs) if (!has(request, pair[0], pair[1])) return false;
  return true;
}

/** Whether the one who asks is whom an ARN meant, and not another who has it today. Unique ids of sessions are `AROA…:session`. */
export function isStill(id: string | undefined, { uniqueId }: PrincipalNames): boolean {
  if (id === undefined || id === uniqueId) return true;
  return uniqueId !== undefined && uniqueId.startsWith(id) && uniqueId[id.length] === ':';
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

/** Every name by which a grant can mean the one who asks. */
export function granteeNames(who: PrincipalNames): string[] {
  return GRANTEE_MATCHES.flatMap((match) => granteeName(who, match) ?? []);
}
