import { fail } from '@trent/errors';
import { compilePolicy, type CompiledPolicy } from '@trent/policy-language';
import type { IdentityKind, Reader } from '../store/identities.ts';
import { QUOTAS } from './quotas.ts';

/** Size of a document as IAM counts it: white space is free. */
export function policySize(document: string): number {
  return document.replace(/\s/g, '').length;
}

/** A document as answers carry it: percent-encoded, of RFC 3986 the unreserved characters alone as they are. */
export function encodedDocument(document: string): string {
  return encodeURIComponent(document).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** @throws MalformedPolicyDocumentException, LimitExceededException */
export function checkManagedDocument(document: string): void {
  compilePolicy(document, 'identity');
  if (policySize(document) > QUOTAS.managedPolicy) {
    fail('LimitExceededException', `Cannot exceed quota for PolicySize: ${String(QUOTAS.managedPolicy)}`);
  }
}

/** @param others documents that the holder keeps beside this one: the quota is for all of them */
export function checkInlineDocument(document: string, kind: IdentityKind, holder: string, others: readonly string[]): void {
  compilePolicy(document, 'identity');
  const quota = QUOTAS.inlinePolicies[kind];
  if (others.reduce((sum, other) => sum + policySize(other), policySize(document)) > quota) {
    fail('LimitExceededException', `Maximum policy size of ${String(quota)} bytes exceeded for ${kind.toLowerCase()} ${holder}`);
  }
}

/**
 * Checks a trust policy, and that whom it names are there: a name that nobody has yet would be whoever takes it.
 * @throws MalformedPolicyDocumentException, LimitExceededException
 */
export async function checkTrustPolicy(tx: Reader, document: string): Promise<void> {
  const policy = compilePolicy(document, 'trust');
  if (policySize(document) > QUOTAS.trustPolicy) {
    fail('LimitExceededException', `Cannot exceed quota for ACLSizePerRole: ${String(QUOTAS.trustPolicy)}`);
  }
  const missing = await firstUnknownPrincipal(tx, policy);
  if (missing !== undefined) fail('MalformedPolicyDocumentException', `Invalid principal in policy: "AWS":"${missing}"`);
}

async function firstUnknownPrincipal(tx: Reader, policy: CompiledPolicy): Promise<string | undefined> {
  const names = policy.statements.flatMap(({ principals }) => [...(principals?.names ?? [])]);
  const own = names.filter((name) => /^\d{12}$/.test(name) || /^arn:aws:iam::\d{12}:(?:user|role)\//.test(name));
  if (own.length === 0) return undefined;
  const { rows } = await tx.query<{ name: string }>(
    `select named as name from unnest($1::text[]) as named
     where not exists (select from principals where arn = named and kind in ('User', 'Role'))
       and not exists (select from accounts where account_id = named)`,
    [own],
  );
  return rows[0]?.name;
}
