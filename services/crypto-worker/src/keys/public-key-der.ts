import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { ObjectHandle, Session } from '@trent/pkcs11';
import { postQuantumSpki, type PostQuantumSpec } from './post-quantum-spki.ts';

/** Curves by the names that PKCS#11 templates and JWK (RFC 7518 §6.2.1.1, RFC 8812 §3.1) share, with the bytes of a coordinate. */
export const coordinateBytes = { 'P-256': 32, 'P-384': 48, 'P-521': 66, secp256k1: 32 } as const;

/** A curve of ECDSA and ECDH. */
export type Curve = keyof typeof coordinateBytes;

/** SubjectPublicKeyInfo of an RSA public key in the token, DER with the OID rsaEncryption (RFC 3279 §2.3.1). */
export function rsaPublicKeyDer(session: Session, publicKey: ObjectHandle): Buffer {
  const { modulus, publicExponent } = session.getAttributes(publicKey, ['modulus', 'publicExponent']);
  return derOf({ kty: 'RSA', n: base64url(modulus), e: base64url(publicExponent) });
}

/** SubjectPublicKeyInfo of an EC public key in the token, DER with the curve's OID (RFC 5480 §2.1.1); a point off the curve throws. */
export function ecPublicKeyDer(session: Session, publicKey: ObjectHandle, crv: Curve): Buffer {
  const { ecPoint } = session.getAttributes(publicKey, ['ecPoint']);
  const { x, y } = coordinatesOf(ecPoint, coordinateBytes[crv]);
  return derOf({ kty: 'EC', crv, x: base64url(x), y: base64url(y) });
}

/** SubjectPublicKeyInfo of an Ed25519 public key in the token (RFC 8410 §4). */
export function edwardsPublicKeyDer(session: Session, publicKey: ObjectHandle): Buffer {
  const { ecPoint } = session.getAttributes(publicKey, ['ecPoint']);
  return derOf({ kty: 'OKP', crv: 'Ed25519', x: base64url(ecPoint?.subarray(-32)) });
}

/** SubjectPublicKeyInfo of an ML-DSA or ML-KEM public key in the token, whose CKA_VALUE is the key of FIPS 204 or 203 (PKCS#11 3.2). */
export function postQuantumPublicKeyDer(session: Session, publicKey: ObjectHandle, spec: PostQuantumSpec): Buffer {
  const { value } = session.getAttributes(publicKey, ['value']);
  return postQuantumSpki(spec, value ?? Buffer.alloc(0));
}

/** CKA_EC_POINT is an OCTET STRING around 04 ‖ x ‖ y (PKCS#11 3.1 §6.3.3); some modules leave the wrapping out. */
function coordinatesOf(ecPoint: Uint8Array | undefined, bytes: number): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const point = ecPoint?.subarray(-(1 + 2 * bytes));
  if (point?.length !== 1 + 2 * bytes || point[0] !== 4) throw new Error('the token gives no uncompressed point of a public key');
  return { x: point.subarray(1, 1 + bytes), y: point.subarray(1 + bytes) };
}

function derOf(key: JsonWebKey): Buffer {
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' });
}

function base64url(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64url');
}
