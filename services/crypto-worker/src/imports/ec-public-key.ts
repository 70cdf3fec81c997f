import { createHash, createPublicKey, ECDH, verify, type KeyObject } from 'node:crypto';
import { fail } from '@trent/errors';
import type { KeySpec } from '@trent/key-model';
import { CKK, CKM, CKO, CURVES, ecdh1, plain, type ObjectHandle, type Session } from '@trent/pkcs11';
import { coordinateBytes, type Curve as CurveName } from '../keys/public-key-der.ts';
import { ofMaterial } from './of-material.ts';

interface Curve {
  readonly name: CurveName;
  readonly openssl: string;
  /** The base point, uncompressed: SEC 2 v2 §2.4.1, §2.4.2, §2.5.1, §2.6.1. */
  readonly base: string;
}

const curves: Readonly<Partial<Record<KeySpec, Curve>>> = {
  ECC_NIST_P256: {
    name: 'P-256',
    openssl: 'prime256v1',
    base: '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  },
  ECC_SECG_P256K1: {
    name: 'secp256k1',
    openssl: 'secp256k1',
    base: '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
  },
  ECC_NIST_P384: {
    name: 'P-384',
    openssl: 'secp384r1',
    base: '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
  },
  ECC_NIST_P521: {
    name: 'P-521',
    openssl: 'secp521r1',
    base: '0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650',
  },
};

const PROBE = Buffer.from('trent imported-material/v1 probe', 'ascii');
const PROBE_DIGEST = createHash('sha256').update(PROBE).digest();

/**
 * The public half of an EC private key in the token, where PKCS#11 keeps no point beside it: ECDH with the base point gives its x, and of the two
 * points with that x the one is right under which the key's own signature verifies. So the private key never leaves.
 * @returns SubjectPublicKeyInfo, DER
 * @throws IncorrectKeyMaterialException for another curve or a key that does not work
 */
export async function ecPublicKey(session: Session, handle: ObjectHandle, spec: KeySpec): Promise<Buffer> {
  const curve = curves[spec] ?? fail('UnsupportedOperationException', `KeySpec ${spec} is not supported by the HSM.`);
  const { ecParams } = session.getAttributes(handle, ['ecParams']);
  if (Buffer.from(ecParams ?? []).toString('hex') !== CURVES[curve.name]) fail('IncorrectKeyMaterialException');
  const x = await sharedWithBase(session, handle, curve);
  const signature = await ofMaterial(() => session.onPool.sign(plain(CKM.ECDSA), handle, PROBE_DIGEST));
  const own = candidates(curve, x).find((key) => verify('sha256', PROBE, { key, dsaEncoding: 'ieee-p1363' }, signature));
  return own === undefined ? fail('IncorrectKeyMaterialException') : own.export({ format: 'der', type: 'spki' });
}

/** The x coordinate of private key × base point: public, so the derived object may be read. */
async function sharedWithBase(session: Session, handle: ObjectHandle, curve: Curve): Promise<Buffer> {
  const readable = {
    class: CKO.SECRET_KEY,
    keyType: CKK.GENERIC_SECRET,
    valueLength: coordinateBytes[curve.name],
    token: false,
    private: false,
    sensitive: false,
    extractable: true,
  } as const;
  const shared = await ofMaterial(() => session.onPool.deriveKey(ecdh1(Buffer.from(curve.base, 'hex')), handle, readable));
  try {
    const x = Buffer.alloc(coordinateBytes[curve.name]);
    const value = Buffer.from(session.getAttributes(shared, ['value']).value ?? []);
    value.copy(x, Math.max(0, x.length - value.length));
    return x;
  } finally {
    session.destroyObject(shared);
  }
}

/** Both points with this x (SEC 1 v2 §2.3.4); none if the curve has none. */
function candidates(curve: Curve, x: Buffer): KeyObject[] {
  return [2, 3].flatMap((prefix) => {
    try {
      const compressed = Buffer.concat([Buffer.from([prefix]), x]);
      const point = ECDH.convertKey(compressed, curve.openssl, undefined, undefined, 'uncompressed') as Buffer;
      const y = point.subarray(1 + coordinateBytes[curve.name]);
      return [
        createPublicKey({ key: { kty: 'EC', crv: curve.name, x: x.toString('base64url'), y: y.toString('base64url') }, format: 'jwk' }),
      ];
    } catch {
      return [];
    }
  });
}
