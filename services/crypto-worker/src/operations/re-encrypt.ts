import { kms } from '@trent/contracts';
import { decryptWith, type Decrypted } from './decrypt.ts';
import { encryptWith, type Encrypted } from './encrypt.ts';
import { after, type OperationDeps, type Use } from './operation.ts';

const SYMMETRIC = kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT;

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html, also between symmetric and RSA keys: the plaintext lives for this one call,
 * in this process.
 */
export function reEncrypt(deps: OperationDeps, use: Use): Buffer | Promise<Buffer> {
  const request = kms.ReEncryptRequest.decode(use.input);
  const { sourceEncryptionAlgorithm = SYMMETRIC, sourceEncryptionContext, ciphertextBlob } = request;
  const source = decryptWith(deps, use, sourceEncryptionAlgorithm, sourceEncryptionContext, ciphertextBlob);
  return after(source, (opened) => sealAgain(deps, use, request, opened));
}

function sealAgain(
  deps: OperationDeps,
  use: Use,
  request: kms.ReEncryptRequest,
  { arn, plaintext, materialId }: Decrypted,
): Buffer | Promise<Buffer> {
  const { sourceEncryptionAlgorithm = SYMMETRIC, destinationEncryptionAlgorithm = SYMMETRIC, destinationEncryptionContext } = request;
  const answer = (sealed: Encrypted): Buffer => {
    const response = kms.ReEncryptResponse.create({
      ciphertextBlob: sealed.ciphertextBlob,
      sourceKeyId: arn,
      keyId: sealed.arn,
      sourceEncryptionAlgorithm,
      destinationEncryptionAlgorithm,
      sourceKeyMaterialId: materialId,
      destinationKeyMaterialId: sealed.materialId,
    });
    return kms.ReEncryptResponse.encode(response).finish();
  };
  try {
    return after(encryptWith(deps, use, destinationEncryptionAlgorithm, destinationEncryptionContext, plaintext, 1), answer);
  } finally {
    plaintext.fill(0);
  }
}
