import { kms } from '@trent/contracts';
import { sealUnder } from './envelope.ts';
import { bytesOf, keyOf, type OperationDeps, type Use } from './operation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export function encrypt(deps: OperationDeps, use: Use): Buffer {
  const request = kms.EncryptRequest.decode(use.input);
  const key = keyOf(deps, use);
  const plaintext = request.plaintext ?? Buffer.alloc(0);
  const ciphertextBlob = sealUnder(deps.token.session, key, request.encryptionContext, plaintext);
  plaintext.fill(0);
  return bytesOf(
    kms.EncryptResponse.encode({
      ciphertextBlob,
      keyId: key.arn,
      encryptionAlgorithm: kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT,
    }),
  );
}
