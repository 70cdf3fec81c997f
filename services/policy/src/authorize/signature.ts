import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';
import { checkSignatureTime, SIGNATURE_MISMATCH, stringToSign, verifySignature } from '@trent/sigv4';
import { dayKeyOf, noteUse, type AccessKey } from '../accounts/credentials.ts';

/**
 * Verifies a SigV4 signature over the canonical request that the gateway read off the wire.
 * The order is AWS's: the time is judged before the signature.
 * @param nowMs epoch milliseconds
 * @throws InvalidSignatureException with AWS's texts
 */
export function verifySigV4(claim: authorize.SigV4, key: AccessKey, nowMs: number): void {
  checkSignatureTime(claim.amzDate, nowMs, claim.presignedExpires > 0 ? { presignedExpires: claim.presignedExpires } : {});
  const scope = { date: claim.scopeDate, region: claim.scopeRegion, service: claim.scopeService };
  const dayKey = dayKeyOf(key, scope.date, scope.region, scope.service);
  if (!verifySignature(dayKey, stringToSign(claim.amzDate, scope, claim.canonicalRequest), claim.signature)) {
    fail('InvalidSignatureException', SIGNATURE_MISMATCH);
  }
  noteUse(key, nowMs, scope.service, scope.region);
}
