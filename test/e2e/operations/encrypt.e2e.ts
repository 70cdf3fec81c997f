import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oaepCells } from '../fixtures/asymmetric.ts';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, blob, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
let rsa: TestKey;
let signing: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
  rsa = await aKey(caller, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  signing = await aKey(caller, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
});
afterAll(() => caller[Symbol.dispose]());

describe('Encrypt', () => {
  test('closes a plaintext for Decrypt to open; neither shows in the record, the context does', async () => {
    const input = { KeyId: key.id, Plaintext: blob('a secret of mine'), EncryptionContext: { tenant: 'blue', ü: 'ä' } };
    const answer = await caller.ok('Encrypt', input);
    expect(answer.body).toEqual({ CiphertextBlob: expect.any(String), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    const { CiphertextBlob } = answer.body;
    const { EncryptionContext } = input;
    const opened = await caller.ok('Decrypt', { CiphertextBlob, EncryptionContext });
    expect(opened.body['Plaintext']).toBe(input.Plaintext);
    const record = await expectRecord(caller, 'Encrypt', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id, encryptionContext: EncryptionContext },
      responseElements: null,
    });
    expect(JSON.stringify(record)).not.toContain(input.Plaintext);
    expect(JSON.stringify(record)).not.toContain('a secret of mine');
    expect(JSON.stringify(record)).not.toContain(CiphertextBlob);
  });

  test('takes 4,096 bytes and adds less than 200', async () => {
    const { body } = await caller.ok('Encrypt', { KeyId: key.id, Plaintext: blob(Buffer.alloc(4096, 7)) });
    expect(Buffer.from(String(body['CiphertextBlob']), 'base64').length).toBeLessThan(4096 + 200);
  });

  test('the same plaintext never gives the same ciphertext', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => caller.ok('Encrypt', { KeyId: key.id, Plaintext: blob('x') })));
    expect(new Set(answers.map(({ body }) => body['CiphertextBlob'])).size).toBe(20);
  });

  test.each(oaepCells)(
    '$EncryptionAlgorithm under an RSA key gives what Decrypt opens, up to $longest bytes',
    async ({ EncryptionAlgorithm, longest }) => {
      for (const length of [1, longest]) {
        const Plaintext = blob(Buffer.alloc(length, 7));
        const { body } = await caller.ok('Encrypt', { KeyId: rsa.id, EncryptionAlgorithm, Plaintext });
        expect(body).toEqual({ CiphertextBlob: expect.any(String), KeyId: rsa.arn, EncryptionAlgorithm });
        expect(Buffer.from(String(body['CiphertextBlob']), 'base64').length).toBe(256);
        const opened = await caller.ok('Decrypt', { KeyId: rsa.id, EncryptionAlgorithm, CiphertextBlob: body['CiphertextBlob'] });
        expect(opened.body['Plaintext']).toBe(Plaintext);
      }
    },
  );

  test('an alias stands for its key', async () => {
    const { body } = await caller.ok('Encrypt', { KeyId: await anAlias(caller, key), Plaintext: blob('x') });
    expect(body['KeyId']).toBe(key.arn);
  });

  const Plaintext = blob('x');
  testRefusals('Encrypt', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'Encrypt', more: () => ({ Plaintext }), aliases: true, key: () => key }),
    ...useRefusals({ input: (KeyId) => ({ KeyId, Plaintext }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    ...oaepCells.map(({ EncryptionAlgorithm, longest }) => ({
      name: `a plaintext too long for ${EncryptionAlgorithm} is invalid`,
      input: () => ({ KeyId: rsa.id, EncryptionAlgorithm, Plaintext: blob(Buffer.alloc(longest + 1)) }),
      error: 'ValidationException',
      message: `Algorithm ${EncryptionAlgorithm} and key spec RSA_2048 cannot encrypt data larger than ${String(longest)} bytes.`,
    })),
    {
      name: 'an RSA key must be told its algorithm',
      input: () => ({ KeyId: rsa.id, Plaintext }),
      error: 'InvalidKeyUsageException',
      message: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    },
    {
      name: 'a symmetric key has no RSA algorithm',
      input: () => ({ KeyId: key.id, Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      error: 'InvalidKeyUsageException',
      message: 'Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.',
    },
    {
      name: 'a signing key does not encrypt',
      input: () => ({ KeyId: signing.id, Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      error: 'InvalidKeyUsageException',
      message: () => `${signing.arn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    },
    {
      name: 'an RSA algorithm takes no encryption context',
      input: () => ({ KeyId: rsa.id, Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1', EncryptionContext: { tenant: 'blue' } }),
      error: 'ValidationException',
      message: 'EncryptionContext is not supported for asymmetric encryption algorithms.',
    },
    {
      name: '4,097 bytes are too many, and are not repeated in the error',
      input: () => ({ KeyId: key.id, Plaintext: blob(Buffer.alloc(4097)) }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    },
    {
      name: 'no byte is too few',
      input: () => ({ KeyId: key.id, Plaintext: '' }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    },
    {
      name: 'all that is wrong is told at once',
      input: () => ({ KeyId: '', EncryptionAlgorithm: 'ROT13' }),
      error: 'ValidationException',
      message: /^3 validation errors detected: /,
    },
    {
      name: 'an algorithm of other keys is refused',
      input: () => ({ KeyId: key.id, Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      error: 'InvalidKeyUsageException',
      message: /RSAES_OAEP_SHA_256/,
    },
    {
      name: 'a context of more than 8,192 bytes is refused',
      input: () => ({ KeyId: key.id, Plaintext, EncryptionContext: { a: 'x'.repeat(8192) } }),
      error: 'ValidationException',
      message: /./,
    },
  ]);
});
