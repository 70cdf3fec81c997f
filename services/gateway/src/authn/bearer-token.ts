import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';

/** RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1). */
const BEARER = /^bearer +([A-Za-z0-9+/=_.~-]+) *$/i;

/**
 * A session token that comes by itself in a native call's `authorization` metadata: TLS keeps it secret, policy opens it. It goes before the
 * client certificate: one process may act for many.
 * @throws MissingAuthenticationTokenException for another scheme than Bearer
 */
export function bearerOf(authorization: string): NonNullable<authorize.AuthorizeItem['caller']> | undefined {
  if (authorization === '') return undefined;
  const [, value] = BEARER.exec(authorization) ?? fail('MissingAuthenticationTokenException', 'Missing Authentication Token');
  return { $case: 'bearerToken', value: value ?? '' };
}
