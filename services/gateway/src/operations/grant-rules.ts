import type { kms } from '@trent/contracts';
import { fail } from '@trent/errors';

import { validationError, violation } from './validate.ts';

/** AWS KMS API reference, CreateGrant, Constraints. */
const MOST_PAIRS = 8;
const LONGEST_VALUE = 384;

/**
 * CreateGrant: one grantee, at most one retiring principal, one kind of encryption context constraint; a service as grantee needs more
 * (kms-api §5.2). Of these texts only that of two constraints is recorded.
 */
export function goodGrant(request: kms.CreateGrantRequest): void {
  const { granteePrincipal, granteeServicePrincipal, retiringPrincipal, retiringServicePrincipal, operations, constraints } = request;
  const both = exclusive(granteePrincipal, granteeServicePrincipal);
  if (both !== 'one') oneOf(both, 'GranteePrincipal', 'GranteeServicePrincipal');
  if (exclusive(retiringPrincipal, retiringServicePrincipal) === 'both') oneOf('both', 'RetiringPrincipal', 'RetiringServicePrincipal');
  if (operations.length === 0) {
    throw validationError([violation("'[]'", 'operations', 'Member must have length greater than or equal to 1')]);
  }
  if (constraints !== undefined) goodConstraints(constraints);
  if (granteeServicePrincipal === undefined) return;
  if (constraints?.sourceArn === undefined) fail('ValidationException', 'A grant to a service principal must have a SourceArn constraint.');
  if (exclusive(retiringPrincipal, retiringServicePrincipal) === 'none') {
    fail('ValidationException', 'A grant to a service principal must have a RetiringPrincipal or a RetiringServicePrincipal.');
  }
}

function goodConstraints({ encryptionContextEquals, encryptionContextSubset, sourceArn }: kms.GrantConstraints): void {
  if (encryptionContextEquals.size > 0 && encryptionContextSubset.size > 0)
    fail('ValidationException', 'More than one constraint supplied');
  // The wire does not tell an empty map from none, and what was meant to be narrow must not become wide.
  if (encryptionContextEquals.size + encryptionContextSubset.size === 0 && sourceArn === undefined) {
    fail('ValidationException', 'A grant constraint must not be empty.');
  }
  for (const pairs of [encryptionContextEquals, encryptionContextSubset]) {
    if (pairs.size > MOST_PAIRS)
      fail('ValidationException', `A grant constraint can have at most ${String(MOST_PAIRS)} encryption context pairs.`);
    for (const [key, value] of pairs) {
      if (value.length > LONGEST_VALUE || key.length > LONGEST_VALUE) {
        fail(
          'ValidationException',
          `An encryption context value in a grant constraint can have at most ${String(LONGEST_VALUE)} characters.`,
        );
      }
      if (key.includes('\0') || value.includes('\0'))
        fail('ValidationException', 'A grant constraint must not contain the null character.');
    }
  }
}

/** ListGrants: at most one of the two filters by grantee. */
export function goodGrantFilter({ granteePrincipal, granteeServicePrincipal }: kms.ListGrantsRequest): void {
  if (exclusive(granteePrincipal, granteeServicePrincipal) === 'both') oneOf('both', 'GranteePrincipal', 'GranteeServicePrincipal');
}

/** ListRetirableGrants: exactly one. */
export function oneRetiringPrincipal({ retiringPrincipal, retiringServicePrincipal }: kms.ListRetirableGrantsRequest): void {
  const both = exclusive(retiringPrincipal, retiringServicePrincipal);
  if (both !== 'one') oneOf(both, 'RetiringPrincipal', 'RetiringServicePrincipal');
}

/** RetireGrant: a token alone, or key and grant together (kms-api §5.2). */
export function goodRetirement({ grantToken, keyId, grantId }: kms.RetireGrantRequest): void {
  const isNamed = keyId !== undefined && grantId !== undefined;
  const isPartlyNamed = keyId !== undefined || grantId !== undefined;
  if (grantToken === undefined ? isNamed : !isPartlyNamed) return;
  fail('ValidationException', 'You must specify either the grant token or both the key ID and the grant ID.');
}

function exclusive(one: string | undefined, other: string | undefined): 'none' | 'one' | 'both' {
  if (one !== undefined && other !== undefined) return 'both';
  return one === undefined && other === undefined ? 'none' : 'one';
}

function oneOf(which: 'none' | 'both', one: string, other: string): never {
  return fail(
    'ValidationException',
    which === 'both' ? `You can specify ${one} or ${other}, but not both.` : `You must specify ${one} or ${other}.`,
  );
}
