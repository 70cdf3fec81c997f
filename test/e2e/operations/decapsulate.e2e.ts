import { afterAll, beforeAll, describe } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, type TestKey } from '../fixtures/keys.ts';
import { testRefusals, type Refusal } from '../fixtures/refusals.ts';

const caller = new Caller();
/** Kinds of keys that encapsulate nothing, with their usage. */
const OTHERS = [
  { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
  { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
] as const;
const keys = new Map<string, TestKey>();
const keyFor = (usage: string): TestKey => keys.get(usage) as TestKey;
const symmetric = (): TestKey => keyFor('ENCRYPT_DECRYPT');
beforeAll(async () => {
  for (const kind of OTHERS) keys.set(kind.KeyUsage, await aKey(caller, kind));
});
afterAll(() => caller[Symbol.dispose]());

// What a key of ML-KEM answers is in test/modules: the HSM of this cluster has none.
describe('Decapsulate', () => {
  const input = (more: Record<string, unknown> = {}) => ({
    KeyId: symmetric().id,
    EncapsulationAlgorithm: 'ML_KEM',
    SharedSecretCiphertextBlob: blob(Buffer.alloc(1088, 7)),
    ...more,
  });
  const misused = OTHERS.map(({ KeySpec, KeyUsage }): Refusal => ({
    name: `a key of ${KeySpec} for ${KeyUsage} opens none`,
    input: () => input({ KeyId: keyFor(KeyUsage).id }),
    error: 'InvalidKeyUsageException',
    message: () => `${keyFor(KeyUsage).arn} key usage is ${KeyUsage} which is not valid for Decapsulate.`,
  }));

  testRefusals('Decapsulate', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'Decapsulate', more: () => input(), aliases: true, key: symmetric }),
    ...misused,
    {
      name: 'a dry run finds that the key is of another usage',
      input: () => input({ DryRun: true }),
      error: 'InvalidKeyUsageException',
      message: () => `${symmetric().arn} key usage is ENCRYPT_DECRYPT which is not valid for Decapsulate.`,
    },
    {
      name: 'an algorithm is required',
      input: () => input({ EncapsulationAlgorithm: undefined }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'encapsulationAlgorithm' failed to satisfy constraint: Member must not be null",
    },
    {
      name: 'an algorithm that is none is invalid',
      input: () => input({ EncapsulationAlgorithm: 'RSA_KEM' }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value 'RSA_KEM' at 'encapsulationAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ML_KEM]",
    },
    {
      name: 'an encapsulation is required',
      input: () => input({ SharedSecretCiphertextBlob: undefined }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value null at 'sharedSecretCiphertextBlob' failed to satisfy constraint: Member must not be null",
    },
    {
      name: 'an encapsulation longer than any is invalid',
      input: () => input({ SharedSecretCiphertextBlob: blob(Buffer.alloc(6145)) }),
      error: 'ValidationException',
      message:
        /^1 validation error detected: Value at 'sharedSecretCiphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144$/,
    },
    {
      name: 'a grant token that is none is refused',
      input: () => input({ GrantTokens: ['no token'] }),
      error: 'InvalidGrantTokenException',
    },
  ]);
});
