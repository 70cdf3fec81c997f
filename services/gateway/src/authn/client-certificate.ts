import type { Caller } from '@trent/bootstrap';
import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';

/**
 * Who calls by certificate: the SPIFFE id that TLS has verified. Which principal it stands for is policy's to know.
 * @throws {TrentError} MissingAuthenticationTokenException without a certificate, or with one that names nobody of the trust domain
 */
export function identifyCertificate(
  caller: Caller,
): { readonly $case: 'certificate'; readonly value: string } & NonNullable<authorize.AuthorizeItem['caller']> {
  if (caller.kind === 'anonymous') return fail('MissingAuthenticationTokenException', 'Missing Authentication Token');
  return { $case: 'certificate', value: caller.spiffeId };
}
