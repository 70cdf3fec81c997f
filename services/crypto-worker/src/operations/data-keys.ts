import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { sealUnder } from './envelope.ts';
import { bytesOf, keyOf, type OperationDeps, type Use } from './operation.ts';

const BYTES_OF_SPEC = new Map<kms.DataKeySpec, number>([
  [kms.DataKeySpec.DATA_KEY_SPEC_AES_256, 32],
  [kms.DataKeySpec.DATA_KEY_SPEC_AES_128, 16],
]);

interface Wanted {
  readonly keySpec?: kms.DataKeySpec | undefined;
  readonly numberOfBytes?: number | undefined;
  readonly encryptionContext: Map<string, string>;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
export function generateDataKey(deps: OperationDeps, use: Use): Buffer {
  const key = keyOf(deps, use);
  const { plaintext, ciphertextBlob } = newDataKey(deps, use, kms.GenerateDataKeyRequest.decode(use.input));
  const output = bytesOf(
    kms.GenerateDataKeyResponse.encode(
      kms.GenerateDataKeyResponse.create({ ciphertextBlob, plaintext, keyId: key.arn, keyMaterialId: key.header.materialId }),
    ),
  );
  plaintext.fill(0);
  return output;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html */
export function generateDataKeyWithoutPlaintext(deps: OperationDeps, use: Use): Buffer {
  const key = keyOf(deps, use);
  const { plaintext, ciphertextBlob } = newDataKey(deps, use, kms.GenerateDataKeyWithoutPlaintextRequest.decode(use.input));
  plaintext.fill(0);
  return bytesOf(
    kms.GenerateDataKeyWithoutPlaintextResponse.encode(
      kms.GenerateDataKeyWithoutPlaintextResponse.create({ ciphertextBlob, keyId: key.arn, keyMaterialId: key.header.materialId }),
    ),
  );
}

function newDataKey(deps: OperationDeps, use: Use, { keySpec, numberOfBytes, encryptionContext }: Wanted) {
  const length = numberOfBytes ?? BYTES_OF_SPEC.get(keySpec ?? kms.DataKeySpec.DATA_KEY_SPEC_UNSPECIFIED);
  if (length === undefined) return fail('ValidationException', 'Please specify either number of bytes or key spec.');
  const plaintext = Buffer.alloc(length);
  deps.token.session.randomFill(plaintext);
  return { plaintext, ciphertextBlob: sealUnder(deps.token.session, keyOf(deps, use), encryptionContext, plaintext) };
}
