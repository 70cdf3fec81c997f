import { kms } from '@trent/contracts';
import { openUnder, readCiphertext, sealUnder } from './envelope.ts';
import { bytesOf, keyOf, type OperationDeps, type Use } from './operation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html: the plaintext lives for this one call, in this process. */
export function reEncrypt(deps: OperationDeps, use: Use): Buffer {
  const request = kms.ReEncryptRequest.decode(use.input);
  const [source, destination] = [keyOf(deps, use, 0), keyOf(deps, use, 1)];
  const { session } = deps.token;
  const plaintext = openUnder(session, source, request.sourceEncryptionContext, readCiphertext(request.ciphertextBlob));
  const ciphertextBlob = sealUnder(session, destination, request.destinationEncryptionContext, plaintext);
  plaintext.fill(0);
  const algorithm = kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT;
  return bytesOf(
    kms.ReEncryptResponse.encode({
      ciphertextBlob,
      sourceKeyId: source.arn,
      keyId: destination.arn,
      sourceEncryptionAlgorithm: algorithm,
      destinationEncryptionAlgorithm: algorithm,
      sourceKeyMaterialId: source.header.materialId,
      destinationKeyMaterialId: destination.header.materialId,
    }),
  );
}
