import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { bytesOf, type OperationDeps, type Use } from './operation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html: from the token's generator. */
export function generateRandom(deps: OperationDeps, use: Use): Buffer {
  const { numberOfBytes, customKeyStoreId } = kms.GenerateRandomRequest.decode(use.input);
  if (customKeyStoreId !== undefined) fail('UnsupportedOperationException', 'Custom key stores are not served.');
  if (numberOfBytes === undefined) return fail('ValidationException', 'NumberOfBytes is required.');
  const plaintext = Buffer.alloc(numberOfBytes);
  deps.token.session.randomFill(plaintext);
  const output = bytesOf(kms.GenerateRandomResponse.encode(kms.GenerateRandomResponse.create({ plaintext })));
  plaintext.fill(0);
  return output;
}
