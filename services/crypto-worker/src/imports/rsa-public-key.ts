import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { fail } from '@trent/errors';
import { pss, type ObjectHandle, type Session } from '@trent/pkcs11';
import { rsaPublicKeyDer } from '../keys/public-key-der.ts';
import { ofMaterial } from './of-material.ts';

/** Signed once, so that halves which don't belong together never become a key. */
const PROBE = Buffer.from('trent imported-material/v1 probe', 'ascii');
const PROBE_DIGEST = createHash('sha256').update(PROBE).digest();

/**
 * The public half of an RSA private key in the token.
 * @returns SubjectPublicKeyInfo, DER
 * @throws IncorrectKeyMaterialException for another size, or a key whose signature does not verify
 */
export async function rsaPublicKey(session: Session, handle: ObjectHandle, modulusBytes: number): Promise<Buffer> {
  const publicKey = readPublicKey(session, handle);
  if (publicKey.asymmetricKeyDetails?.modulusLength !== modulusBytes * 8) fail('IncorrectKeyMaterialException');
  const signature = await ofMaterial(() => session.onPool.sign(pss('SHA-256'), handle, PROBE_DIGEST));
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  if (!verify('sha256', PROBE, key, signature)) fail('IncorrectKeyMaterialException');
  return publicKey.export({ format: 'der', type: 'spki' });
}

/** Modulus and exponent stand at both halves of a pair. @throws IncorrectKeyMaterialException */
function readPublicKey(session: Session, handle: ObjectHandle): KeyObject {
  try {
    return createPublicKey({ key: rsaPublicKeyDer(session, handle), format: 'der', type: 'spki' });
  } catch (error) {
    return fail('IncorrectKeyMaterialException', undefined, { cause: error });
  }
}
