import { afterAll, beforeAll, describe } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { encapsulationRefusals, otherKeys, type OtherKeys } from '../fixtures/encapsulation-refusals.ts';
import { blob } from '../fixtures/keys.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let keys: OtherKeys;
beforeAll(async () => {
  keys = await otherKeys(caller);
});
afterAll(() => caller[Symbol.dispose]());

// What a key of ML-KEM answers is in test/modules: the HSM of this cluster has none.
describe('Decapsulate', () => {
  const input = (SharedSecretCiphertextBlob: string | undefined) => ({
    KeyId: keys.get('ENCRYPT_DECRYPT')?.id,
    EncapsulationAlgorithm: 'ML_KEM',
    SharedSecretCiphertextBlob,
  });

  testRefusals('Decapsulate', true, () => caller, [
    ...encapsulationRefusals('Decapsulate', {
      caller: () => caller,
      keys: () => keys,
      more: { SharedSecretCiphertextBlob: blob(Buffer.alloc(1088, 7)) },
    }),
    {
      name: 'an encapsulation is required',
      input: () => input(undefined),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value null at 'sharedSecretCiphertextBlob' failed to satisfy constraint: Member must not be null",
    },
    {
      name: 'an encapsulation longer than any is invalid',
      input: () => input(blob(Buffer.alloc(6145))),
      error: 'ValidationException',
      message:
        /^1 validation error detected: Value at 'sharedSecretCiphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144$/,
    },
  ]);
});
