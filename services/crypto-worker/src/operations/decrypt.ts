import { kms } from '@trent/contracts';
import { after, type OperationDeps, type Use } from './operation.ts';
import { algorithmOf, decryptRsa, refuseContext } from './rsa-encryption.ts';
import { open } from './sealing.ts';

/** A plaintext, which whoever gets it wipes, and the key that opened it. */
export interface Decrypted {
  readonly arn: string;
  readonly plaintext: Buffer;
  /** Of symmetric keys. */
  readonly materialId?: string;
}

const SYMMETRIC = kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export function decrypt(deps: OperationDeps, use: Use): Buffer | Promise<Buffer> {
  const { encryptionAlgorithm = SYMMETRIC, encryptionContext, ciphertextBlob } = kms.DecryptRequest.decode(use.input);
  const answer = ({ arn, plaintext, materialId }: Decrypted): Buffer => {
    const response = kms.DecryptResponse.create({ keyId: arn, plaintext, encryptionAlgorithm, keyMaterialId: materialId });
    const output = kms.DecryptResponse.encode(response).finish();
    plaintext.fill(0);
    return output;
  };
  const decrypted = decryptWith(deps, use, encryptionAlgorithm, encryptionContext, ciphertextBlob);
  return after(decrypted, answer);
}

/**
 * Decrypts with the first key of the permit by the algorithm of the request: at once under a symmetric key, in its store where it lives in one, on the slow lane with an RSA key.
 * @throws InvalidCiphertextException; ValidationException for a context with an RSA algorithm
 */
export function decryptWith(
  deps: OperationDeps,
  use: Use,
  encryptionAlgorithm: kms.EncryptionAlgorithm,
  context: Map<string, string>,
  ciphertext: Buffer | undefined,
): Decrypted | Promise<Decrypted> {
  const algorithm = algorithmOf(encryptionAlgorithm);
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    refuseContext(context);
    return decryptRsa(deps, use, algorithm, ciphertext ?? Buffer.alloc(0));
  }
  return open(deps, use, context, ciphertext);
}
