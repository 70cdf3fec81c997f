import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';
import { canonicalRequest, checkScope, parseAuthorization, type ExpectedScope, type HttpFacts } from '@trent/sigv4';

/** Who claims to call, for policy to verify, and the region that is asked. */
export interface SignedCaller {
  readonly caller: NonNullable<authorize.AuthorizeItem['caller']>;
  readonly region: string;
}

/**
 * Takes a signed HTTP request apart: claims, scope, canonical request. Whether the signature fits is policy's to find out (it holds the
 * keys); what is wrong without looking at a key is answered here (kms-api §12.4).
 * @param bodySha256Hex of the body as it came; a client's own `x-amz-content-sha256`, and UNSIGNED-PAYLOAD, count for nothing
 * @throws {TrentError} MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException
 */
export function identifySigned(request: HttpFacts, bodySha256Hex: string, expected: ExpectedScope): SignedCaller {
  const claims = parseAuthorization(request);
  if ('anonymous' in claims) return fail('MissingAuthenticationTokenException', 'Missing Authentication Token');
  checkScope(claims.scope, expected);
  const value: authorize.SigV4 = {
    accessKeyId: claims.accessKeyId,
    scopeDate: claims.scope.date,
    scopeRegion: claims.scope.region,
    scopeService: claims.scope.service,
    canonicalRequest: canonicalRequest(request, claims, bodySha256Hex),
    signature: claims.signature,
    amzDate: claims.amzDate,
    sessionToken: claims.sessionToken ?? '',
    presignedExpires: claims.expiresSeconds ?? 0,
  };
  return { caller: { $case: 'sigv4', value }, region: claims.scope.region };
}
