import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { seal, type Sealed } from './sealing.ts';
import { after, type OperationDeps, type Use } from './operation.ts';

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
export function generateDataKey(deps: OperationDeps, use: Use): Buffer | Promise<Buffer> {
  return newDataKey(deps, use, kms.GenerateDataKeyRequest.decode(use.input), (plaintext, { ciphertextBlob, arn, materialId }) => {
    const response = kms.GenerateDataKeyResponse.create({ ciphertextBlob, plaintext, keyId: arn, keyMaterialId: materialId });
    return kms.GenerateDataKeyResponse.encode(response).finish();
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html */
export function generateDataKeyWithoutPlaintext(deps: OperationDeps, use: Use): Buffer | Promise<Buffer> {
  const request = kms.GenerateDataKeyWithoutPlaintextRequest.decode(use.input);
  return newDataKey(deps, use, request, (_, { ciphertextBlob, arn, materialId }) => {
    const response = kms.GenerateDataKeyWithoutPlaintextResponse.create({ ciphertextBlob, keyId: arn, keyMaterialId: materialId });
    return kms.GenerateDataKeyWithoutPlaintextResponse.encode(response).finish();
  });
}

/** Makes a data key, closes it and lets `answer` tell of it; then the plaintext is wiped. */
function newDataKey(
  deps: OperationDeps,
  use: Use,
  { keySpec, numberOfBytes, encryptionContext }: Wanted,
  answer: (plaintext: Buffer, sealed: Sealed) => Buffer,
): Buffer | Promise<Buffer> {
  const length = numberOfBytes ?? BYTES_OF_SPEC.get(keySpec ?? kms.DataKeySpec.DATA_KEY_SPEC_UNSPECIFIED);
  if (length === undefined) return fail('ValidationException', 'Please specify either number of bytes or key spec.');
  const plaintext = Buffer.alloc(length);
  const wiped = (): void => void plaintext.fill(0);
  deps.token.session.randomFill(plaintext);
  const output = after(seal(deps, use, encryptionContext, plaintext), (sealed) => answer(plaintext, sealed));
  if (output instanceof Promise) return output.finally(wiped);
  wiped();
  return output;
}
