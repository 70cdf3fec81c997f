import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { checkKeyUsage, isKeySpec, isKeyUsage, keySpecs, type KeySpec } from '@trent/key-model';
import type { KeyTokenHeader } from '@trent/key-token';
import { CKK, CKM, CKO, plain, type ObjectHandle, type Session } from '@trent/pkcs11';
import { withPublicKey } from '../signatures/public-key-object.ts';
import { onSlowLane, publicKeyOf, type OperationDeps, type Use } from './operation.ts';

const ML_KEM = 'ML_KEM';
const mechanism = plain(CKM.ML_KEM);
/** Bytes of every shared secret (FIPS 203, table 3). */
const SECRET_BYTES = 32;
/** A session object that may be read, and is destroyed at once. */
const secretTemplate = {
  class: CKO.SECRET_KEY,
  keyType: CKK.GENERIC_SECRET,
  valueLength: SECRET_BYTES,
  token: false,
  private: false,
  sensitive: false,
  extractable: true,
} as const;

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html: inside the token, by its random generator, but with the public half alone
 * (ML-KEM.Encaps, FIPS 203 §7.2).
 */
export async function encapsulate(deps: OperationDeps, { deadline, stillAllowed, ...use }: Use): Promise<Buffer> {
  const { encapsulationAlgorithm } = kms.EncapsulateRequest.decode(use.input);
  const { arn, header, keyObject } = publicKeyOf(deps, { deadline, stillAllowed, ...use });
  const spec = encapsulatingSpec('Encapsulate', arn, header);
  const { ciphertext, sharedSecret } = await deps.slowLane.run({
    account: use.permit.account,
    deadline,
    stillAllowed,
    run: (session) =>
      withPublicKey(session, deps.token.dialect, keyObject, async (publicKey) => {
        const made = await session.onPool.encapsulateKey(mechanism, publicKey, secretTemplate);
        return { ciphertext: made.ciphertext, sharedSecret: readAndDestroy(session, made.secret) };
      }),
  });
  if (ciphertext.length !== keySpecs[spec].encapsulationBytes) {
    return fail('KMSInternalException', '', { cause: 'the token gives an encapsulation of another length' });
  }
  const answer = { keyId: arn, sharedSecret, sharedSecretCiphertextBlob: ciphertext, encapsulationAlgorithm };
  const output = kms.EncapsulateResponse.encode(kms.EncapsulateResponse.create(answer)).finish();
  sharedSecret.fill(0);
  return output;
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decapsulate.html: inside the token (ML-KEM.Decaps, FIPS 203 §7.3). What another key closed, or
 * nobody, opens to a secret that nobody else knows: implicit rejection, no error.
 * @throws InvalidCiphertextException for a length that the key's set has not
 */
export function decapsulate(deps: OperationDeps, use: Use): Promise<Buffer> {
  const { encapsulationAlgorithm, sharedSecretCiphertextBlob: ciphertext = Buffer.alloc(0) } = kms.DecapsulateRequest.decode(use.input);
  return onSlowLane(deps, use, async (session, { arn, header, handle }) => {
    const spec = encapsulatingSpec('Decapsulate', arn, header);
    if (ciphertext.length !== keySpecs[spec].encapsulationBytes) return fail('InvalidCiphertextException');
    const sharedSecret = readAndDestroy(session, await session.onPool.decapsulateKey(mechanism, handle, ciphertext, secretTemplate));
    const output = kms.DecapsulateResponse.encode(
      kms.DecapsulateResponse.create({ keyId: arn, sharedSecret, encapsulationAlgorithm }),
    ).finish();
    sharedSecret.fill(0);
    return output;
  });
}

function encapsulatingSpec(operation: 'Encapsulate' | 'Decapsulate', arn: string, { spec, usage }: KeyTokenHeader): KeySpec {
  if (!isKeySpec(spec) || !isKeyUsage(usage)) return fail('KMSInternalException', '', { cause: 'a key token of an unknown spec or usage' });
  checkKeyUsage(operation, arn, spec, usage, ML_KEM);
  return spec;
}

function readAndDestroy(session: Session, secret: ObjectHandle): Buffer {
  try {
    const { value } = session.getAttributes(secret, ['value']);
    if (value?.length !== SECRET_BYTES)
      return fail('KMSInternalException', '', { cause: 'the token gives no shared secret of full length' });
    return Buffer.from(value.buffer, value.byteOffset, value.length);
  } finally {
    session.destroyObject(secret);
  }
}
