import { kms } from '@trent/contracts';
import { after, type OperationDeps, type Use } from './operation.ts';
import { algorithmOf, encryptRsa, refuseContext } from './rsa-encryption.ts';
import { seal } from './sealing.ts';

/** A ciphertext and the key that made it. */
export interface Encrypted {
  readonly arn: string;
  readonly ciphertextBlob: Buffer;
  /** Of symmetric keys. */
  readonly materialId?: string;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export function encrypt(deps: OperationDeps, use: Use): Buffer | Promise<Buffer> {
  const { encryptionAlgorithm = SYMMETRIC, plaintext = Buffer.alloc(0), encryptionContext } = kms.EncryptRequest.decode(use.input);
  const encrypted = encryptWith(deps, use, encryptionAlgorithm, encryptionContext, plaintext);
  // A copy of it may be on its way to a custom key store; this one is of no more use.
  plaintext.fill(0);
  return after(encrypted, ({ arn, ciphertextBlob }) =>
    kms.EncryptResponse.encode({ ciphertextBlob, keyId: arn, encryptionAlgorithm }).finish(),
  );
}

const SYMMETRIC = kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT;

/**
 * Encrypts under the nth key of the permit by the algorithm of the request.
 * @throws ValidationException for a context with an RSA algorithm, or a plaintext that is too long for it
 */
export function encryptWith(
  deps: OperationDeps,
  use: Use,
  encryptionAlgorithm: kms.EncryptionAlgorithm,
  context: Map<string, string>,
  plaintext: Uint8Array,
  index = 0,
): Encrypted | Promise<Encrypted> {
  const algorithm = algorithmOf(encryptionAlgorithm);
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    refuseContext(context);
    return encryptRsa(deps, use, algorithm, plaintext, index);
  }
  return seal(deps, use, context, plaintext, index);
}
