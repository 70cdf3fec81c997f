import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { fail } from '@trent/errors';

import { algorithmsOf } from './key-specs.ts';
import type { KeySpec } from './names.ts';

/** Curves of key agreement by the names of JWK (RFC 7518 §6.2.1.1). */
const curves: Readonly<Partial<Record<KeySpec, string>>> = { ECC_NIST_P256: 'P-256', ECC_NIST_P384: 'P-384', ECC_NIST_P521: 'P-521' };

/**
 * The other side's point for ECDH with a key of this spec, as PKCS#11 takes it: 04 ‖ x ‖ y. The public key must be the one DER form of a
 * SubjectPublicKeyInfo that names the key's curve and gives an uncompressed point (RFC 5480 §2); OpenSSL refuses points that are not on the curve,
 * and the point at infinity has no coordinates.
 * @throws {TrentError} ValidationException without text, whatever is wrong (API reference, DeriveSharedSecret)
 */
export function peerPoint(spec: KeySpec, publicKey: Uint8Array): Buffer {
  const { kty, crv, x = '', y = '' } = readKey(publicKey);
  const curve = algorithmsOf(spec, 'KEY_AGREEMENT').includes('ECDH') ? curves[spec] : undefined;
  if (kty !== 'EC' || curve === undefined || crv !== curve) return fail('ValidationException');
  const oneForm = createPublicKey({ key: { kty, crv: curve, x, y }, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  if (!oneForm.equals(publicKey)) fail('ValidationException');
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function readKey(publicKey: Uint8Array): JsonWebKey {
  try {
    return createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  } catch (cause) {
    return fail('ValidationException', undefined, { cause });
  }
}
