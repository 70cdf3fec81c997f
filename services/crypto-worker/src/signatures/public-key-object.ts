import type { KeyObject } from 'node:crypto';
import { fail } from '@trent/errors';
import { CKK, CKO, CKP, CURVES, type Dialect, type ObjectHandle, type Session } from '@trent/pkcs11';
import { isPostQuantumSpec, rawPostQuantumKey, type PostQuantumSpec } from '../keys/post-quantum-spki.ts';

const base = { class: CKO.PUBLIC_KEY, token: false, private: false } as const;
const verifying = { ...base, verify: true } as const;

/**
 * Runs work with a public key put into the token as a session object, and destroys it afterwards: Node.js verifies messages only, the token digests
 * too, and secrets that are encapsulated come from its random generator.
 */
export function withPublicKey<R>(session: Session, dialect: Dialect, key: KeyObject, work: (object: ObjectHandle) => R): R {
  const object = publicKeyObject(session, dialect, key);
  const destroy = (): void => session.destroyObject(object);
  let done: R;
  try {
    done = work(object);
  } catch (error) {
    destroy();
    throw error;
  }
  if (done instanceof Promise) return done.finally(destroy) as R;
  destroy();
  return done;
}

function publicKeyObject(session: Session, dialect: Dialect, key: KeyObject): ObjectHandle {
  const type = key.asymmetricKeyType?.toUpperCase().replaceAll('-', '_') ?? '';
  return isPostQuantumSpec(type) ? postQuantumKeyObject(session, key, type) : classicKeyObject(session, dialect, key);
}

/** Node.js names the keys as AWS does but for the case. */
function postQuantumKeyObject(session: Session, key: KeyObject, spec: PostQuantumSpec): ObjectHandle {
  const value = rawPostQuantumKey(spec, key.export({ format: 'der', type: 'spki' }));
  const common = { parameterSet: CKP[spec], value };
  return spec.startsWith('ML_DSA')
    ? session.createObject({ ...verifying, ...common, keyType: CKK.ML_DSA })
    : session.createObject({ ...base, ...common, keyType: CKK.ML_KEM, encapsulate: true });
}

function classicKeyObject(session: Session, dialect: Dialect, key: KeyObject): ObjectHandle {
  const { kty, crv, n, e, x, y } = key.export({ format: 'jwk' });
  switch (kty) {
    case 'RSA':
      return session.createObject({ ...verifying, keyType: CKK.RSA, modulus: bytes(n), publicExponent: bytes(e) });
    case 'EC': {
      const ecParams = Buffer.from(CURVES[crv as keyof typeof CURVES], 'hex');
      return session.createObject({
        ...verifying,
        keyType: CKK.EC,
        ecParams,
        ecPoint: octetString(Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)])),
      });
    }
    case 'OKP':
      return session.createObject({
        ...verifying,
        keyType: CKK.EC_EDWARDS,
        ecParams: Buffer.from(CURVES.Ed25519, 'hex'),
        ecPoint: dialect.isEdwardsPointBare === true ? bytes(x) : octetString(bytes(x)),
      });
    default:
      return fail('KMSInternalException', '', { cause: 'a public key of a kind without verification' });
  }
}

/** CKA_EC_POINT: DER OCTET STRING (PKCS#11 3.1 §6.3.3); the longest, P-521, has 133 bytes. */
function octetString(point: Buffer): Buffer {
  return Buffer.concat([Buffer.from(point.length < 0x80 ? [0x04, point.length] : [0x04, 0x81, point.length]), point]);
}

function bytes(base64url: string | undefined): Buffer {
  return Buffer.from(base64url ?? '', 'base64url');
}
