import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { type OperationDeps, type Use } from './operation.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html: from the token's generator. */
export function generateRandom(deps: OperationDeps, use: Use): Buffer | Promise<Buffer> {
  const { numberOfBytes, customKeyStoreId } = kms.GenerateRandomRequest.decode(use.input);
  if (numberOfBytes === undefined) return fail('ValidationException', 'NumberOfBytes is required.');
  if (customKeyStoreId !== undefined) return randomOfStore(deps, use, customKeyStoreId, numberOfBytes);
  const plaintext = Buffer.alloc(numberOfBytes);
  deps.token.session.randomFill(plaintext);
  return answer(plaintext);
}

/** Who may ask a store is its account alone; an external key store has no generator (API reference, CustomKeyStoreId). */
async function randomOfStore(deps: OperationDeps, { permit, deadline }: Use, storeId: string, numberOfBytes: number): Promise<Buffer> {
  const { account: accountId, region } = permit;
  const { storeType, connectionState } = await deps.loadKeyStore({ region, accountId, storeId }, deadline);
  if (storeType === '') fail('CustomKeyStoreNotFoundException');
  if (storeType === 'EXTERNAL_KEY_STORE') fail('UnsupportedOperationException');
  if (connectionState !== 'CONNECTED') fail('CustomKeyStoreInvalidStateException');
  return answer(await deps.storeKeys.random(storeId, numberOfBytes, deadline));
}

function answer(plaintext: Buffer): Buffer {
  const output = kms.GenerateRandomResponse.encode(kms.GenerateRandomResponse.create({ plaintext })).finish();
  plaintext.fill(0);
  return output;
}
