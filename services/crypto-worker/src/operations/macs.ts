import { timingSafeEqual } from 'node:crypto';
import { awsEnum, kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { checkKeyUsage, isKeySpec, isKeyUsage, macBytes, type MacAlgorithm } from '@trent/key-model';
import { CKM } from '@trent/pkcs11';
import type { BackingKey } from '../keys/backing-keys.ts';
import { hmacKeyOf, type OperationDeps, type Use } from './operation.ts';

const spell = awsEnum('trent.kms.v1.MacAlgorithm').toAws;

/** PKCS#11 3.1 §6.20 and 6.22 to 6.24: HMAC of full length. */
const mechanisms: Readonly<Record<MacAlgorithm, number>> = {
  HMAC_SHA_224: CKM.SHA224_HMAC,
  HMAC_SHA_256: CKM.SHA256_HMAC,
  HMAC_SHA_384: CKM.SHA384_HMAC,
  HMAC_SHA_512: CKM.SHA512_HMAC,
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html: inside the token (RFC 2104). */
export function generateMac(deps: OperationDeps, use: Use): Buffer {
  const { message, macAlgorithm } = kms.GenerateMacRequest.decode(use.input);
  const key = hmacKeyOf(deps, use);
  const mac = macOf(deps, key, 'GenerateMac', macAlgorithm, message);
  return kms.GenerateMacResponse.encode({ mac, macAlgorithm, keyId: key.arn }).finish();
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html: made again and compared in constant time.
 * @throws KMSInvalidMacException without text, for a wrong value as for a wrong length
 */
export function verifyMac(deps: OperationDeps, use: Use): Buffer {
  const { message, macAlgorithm, mac } = kms.VerifyMacRequest.decode(use.input);
  const key = hmacKeyOf(deps, use);
  const expected = macOf(deps, key, 'VerifyMac', macAlgorithm, message);
  const isValid = mac !== undefined && mac.length === expected.length && timingSafeEqual(mac, expected);
  expected.fill(0);
  if (!isValid) fail('KMSInvalidMacException');
  return kms.VerifyMacResponse.encode({ keyId: key.arn, macValid: true, macAlgorithm }).finish();
}

/** @throws InvalidKeyUsageException for another algorithm than the key's */
function macOf(
  { token }: OperationDeps,
  { header, arn, handle }: BackingKey,
  operation: 'GenerateMac' | 'VerifyMac',
  macAlgorithm: kms.MacAlgorithm | undefined,
  message: Buffer | undefined,
): Buffer {
  const algorithm = spell(macAlgorithm) as MacAlgorithm | undefined;
  if (algorithm === undefined || message === undefined) return fail('ValidationException', 'Message and MacAlgorithm are required.');
  const { spec, usage } = header;
  if (!isKeySpec(spec) || !isKeyUsage(usage)) return fail('KMSInternalException', '', { cause: 'a key token of an unknown spec or usage' });
  checkKeyUsage(operation, arn, spec, usage, algorithm);
  const mac = Buffer.alloc(macBytes[algorithm]);
  token.session.signHmac(mechanisms[algorithm], handle, message, mac);
  message.fill(0);
  return mac;
}
