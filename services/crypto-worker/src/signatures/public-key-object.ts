import type { KeyObject } from 'node:crypto';
import { fail } from '@trent/errors';
import { CKK, CKO, CURVES, type ObjectHandle, type Session } from '@trent/pkcs11';

const base = { class: CKO.PUBLIC_KEY, token: false, private: false, verify: true } as const;

/**
 * Runs work with a public key put into the token as a session object, and destroys it afterwards: Node.js verifies messages only, the token digests
 * too.
 */
export function withPublicKey(session: Session, key: KeyObject, work: (object: ObjectHandle) => boolean): boolean;
export function withPublicKey(session: Session, key: KeyObject, work: (object: ObjectHandle) => Promise<boolean>): Promise<boolean>;
export function withPublicKey(
  session: Session,
  key: KeyObject,
  work: (object: ObjectHandle) => boolean | Promise<boolean>,
): boolean | Promise<boolean> {
  const object = publicKeyObject(session, key);
  const destroy = (): void => session.destroyObject(object);
  let done: boolean | Promise<boolean>;
  try {
    done = work(object);
  } catch (error) {
    destroy();
    throw error;
  }
  if (typeof done !== 'boolean') return done.finally(destroy);
  destroy();
  return done;
}

function publicKeyObject(session: Session, key: KeyObject): ObjectHandle {
  const { kty, crv, n, e, x, y } = key.export({ format: 'jwk' });
  switch (kty) {
    case 'RSA':
      return session.createObject({ ...base, keyType: CKK.RSA, modulus: bytes(n), publicExponent: bytes(e) });
    case 'EC': {
      const ecParams = Buffer.from(CURVES[crv as keyof typeof CURVES], 'hex');
      return session.createObject({
        ...base,
        keyType: CKK.EC,
        ecParams,
        ecPoint: octetString(Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)])),
      });
    }
    case 'OKP':
      return session.createObject({
        ...base,
        keyType: CKK.EC_EDWARDS,
        ecParams: Buffer.from(CURVES.Ed25519, 'hex'),
        ecPoint: octetString(bytes(x)),
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
