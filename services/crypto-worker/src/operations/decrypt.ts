import { kms } from '@trent/contracts';
import { openUnder, readCiphertext } from './envelope.ts';
import { bytesOf, keyOf, type OperationDeps, type Use } from './operation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export function decrypt(deps: OperationDeps, use: Use): Buffer {
  const request = kms.DecryptRequest.decode(use.input);
  const key = keyOf(deps, use);
  const plaintext = openUnder(deps.token.session, key, request.encryptionContext, readCiphertext(request.ciphertextBlob));
  const output = bytesOf(
    kms.DecryptResponse.encode({
      keyId: key.arn,
      plaintext,
      encryptionAlgorithm: kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT,
      keyMaterialId: key.header.materialId,
    }),
  );
  plaintext.fill(0);
  return output;
}
