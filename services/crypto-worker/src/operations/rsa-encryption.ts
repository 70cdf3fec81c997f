import { constants, publicEncrypt } from 'node:crypto';
import { awsEnum, kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { checkPlaintextLength, isKeySpec, keySpecs, type EncryptionAlgorithm, type KeySpec } from '@trent/key-model';
import { CKM, oaep, plain, supports, type Dialect, type ObjectHandle, type Session } from '@trent/pkcs11';
import { removeOaep } from '../imports/software-oaep.ts';
import { isInputFault } from '../pool/token-faults.ts';
import { onSlowLane, publicKeyOf, type OperationDeps, type Use } from './operation.ts';

/** RSA-OAEP with MGF1 of the same hash and an empty label (RFC 8017 §7.1; API reference, Encrypt). */
const hashes = {
  RSAES_OAEP_SHA_1: { token: 'SHA-1', node: 'sha1', capability: 'rsa-oaep-sha1' },
  RSAES_OAEP_SHA_256: { token: 'SHA-256', node: 'sha256', capability: 'rsa-oaep-sha256' },
} as const;

/** An algorithm of RSA encryption. */
export type RsaAlgorithm = keyof typeof hashes;

const spell = awsEnum('trent.kms.v1.EncryptionAlgorithm').toAws;

/** The algorithm that a request means; AWS's default when it names none. */
export function algorithmOf(algorithm: kms.EncryptionAlgorithm | undefined): 'SYMMETRIC_DEFAULT' | RsaAlgorithm {
  if (algorithm === undefined || algorithm === kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT) return 'SYMMETRIC_DEFAULT';
  const name = (spell(algorithm) ?? 'SYMMETRIC_DEFAULT') as EncryptionAlgorithm;
  return name === 'SM2PKE' ? fail('UnsupportedOperationException', `Algorithm ${name} is not served.`) : name;
}

/** @throws ValidationException: RSA has no place for a context, and one that is left out of the ciphertext would protect nothing */
export function refuseContext(context: ReadonlyMap<string, string>): void {
  if (context.size > 0) fail('ValidationException', 'EncryptionContext is not supported for asymmetric encryption algorithms.');
}

/**
 * Encrypts by the public half, in this process: it needs no secret.
 * @param index of the permit's key
 * @throws ValidationException for a plaintext that is too long for key and hash
 */
export function encryptRsa(deps: OperationDeps, use: Use, algorithm: RsaAlgorithm, plaintext: Uint8Array, index = 0) {
  const { arn, header, keyObject } = publicKeyOf(deps, use, index);
  checkPlaintextLength(specOf(header.spec), algorithm, plaintext.length);
  const key = { key: keyObject, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hashes[algorithm].node };
  return { arn, ciphertextBlob: publicEncrypt(key, plaintext) };
}

/**
 * Decrypts with the private key inside the token, on the slow lane. The plaintext lies in memory of its own; the caller wipes it.
 * @throws InvalidCiphertextException: one error, on one path, for a wrong length, a number beyond the modulus and a wrong padding
 */
export function decryptRsa(deps: OperationDeps, use: Use, algorithm: RsaAlgorithm, ciphertext: Buffer) {
  return onSlowLane(deps, use, async (session, { arn, header, handle }) => {
    const modulusBytes = keySpecs[specOf(header.spec)].modulusBytes ?? 0;
    if (ciphertext.length !== modulusBytes) fail('InvalidCiphertextException');
    return { arn, plaintext: await open(session, deps.token.dialect, handle, algorithm, ciphertext) };
  });
}

/**
 * Inside the token where its module knows the hash. Where it does not (SoftHSM with SHA-256) the private key still works inside alone
 * (CKM_RSA_X_509), and the worker, which the plaintext passes through anyway, takes the padding off in constant time.
 */
async function open(session: Session, dialect: Dialect, key: ObjectHandle, algorithm: RsaAlgorithm, ciphertext: Buffer): Promise<Buffer> {
  const { token: hash, capability } = hashes[algorithm];
  try {
    if (supports(dialect, capability)) return await session.onPool.decrypt(oaep(hash), key, ciphertext);
    const raw = await session.onPool.decrypt(plain(CKM.RSA_X_509), key, ciphertext);
    // Modules may leave leading zeros out.
    const encoded = Buffer.alloc(ciphertext.length);
    raw.copy(encoded, encoded.length - raw.length);
    raw.fill(0);
    return removeOaep(encoded, hash) ?? fail('InvalidCiphertextException');
  } catch (error) {
    if (!isInputFault(error)) throw error;
    return fail('InvalidCiphertextException', undefined, { cause: error });
  }
}

function specOf(spec: string): KeySpec {
  return isKeySpec(spec) ? spec : fail('KMSInternalException', '', { cause: 'a key token of an unknown spec' });
}
