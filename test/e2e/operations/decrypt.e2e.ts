import { constants, publicEncrypt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oaepCells, opensslEncrypts, publicKeyOf } from '../fixtures/asymmetric.ts';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, encrypted, tampered, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
let other: TestKey;
let rsa: TestKey;
let signing: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  other = await aKey(caller);
  doomed = await aKey(caller, { state: 'PendingDeletion' });
  rsa = await aKey(caller, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  signing = await aKey(caller, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
});
afterAll(() => caller[Symbol.dispose]());

describe('Decrypt', () => {
  const EncryptionContext = { tenant: 'blue' };
  let CiphertextBlob = '';
  beforeAll(async () => {
    CiphertextBlob = await encrypted(caller, key, 'kept', { EncryptionContext });
  });

  test.each([
    { name: 'without naming the key', keyId: () => undefined },
    { name: 'with the id of the key', keyId: () => key.id },
    { name: 'with the ARN of the key', keyId: () => key.arn },
  ])('opens a ciphertext $name', async ({ keyId }) => {
    const KeyId = keyId();
    const answer = await caller.ok('Decrypt', { CiphertextBlob, EncryptionContext, ...(KeyId === undefined ? {} : { KeyId }) });
    expect(answer.body).toEqual({
      KeyId: key.arn,
      Plaintext: blob('kept'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const record = await expectRecord(caller, 'Decrypt', answer, {
      readOnly: true,
      resources: [key.arn],
      responseElements: null,
      additionalEventData: { keyMaterialId: answer.body['KeyMaterialId'] },
    });
    expect(record['requestParameters']).toEqual({
      encryptionContext: EncryptionContext,
      ...(KeyId === undefined ? {} : { keyId: KeyId }),
    });
    expect(JSON.stringify(record)).not.toContain(blob('kept'));
  });

  test('any single bit that is turned makes the ciphertext invalid', async () => {
    const length = Buffer.from(CiphertextBlob, 'base64').length;
    for (let byte = 0; byte < length; byte += 7) {
      const answer = await caller.kms('Decrypt', { CiphertextBlob: tampered(CiphertextBlob, byte), EncryptionContext });
      // A turned bit in the key's id makes it name another key, which is not there: not told apart for the caller's own account (kms-api §4).
      expect({ byte, error: answer.error }).toEqual({
        byte,
        error: expect.stringMatching(/^(InvalidCiphertextException|AccessDeniedException|NotFoundException)$/),
      });
      expect(answer.body).not.toHaveProperty('Plaintext');
    }
  });

  test.each(oaepCells)(
    '$EncryptionAlgorithm: opens what OpenSSL encrypts by the public key',
    async ({ EncryptionAlgorithm, oaepHash, longest }) => {
      const publicKey = await publicKeyOf(caller, rsa);
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      for (const length of [1, longest]) {
        const plaintext = Buffer.alloc(length, 7);
        const blobOfNode = publicEncrypt({ key: publicKey, padding, oaepHash }, plaintext);
        const blobOfCli = opensslEncrypts(publicKey, oaepHash, plaintext);
        for (const foreign of [blobOfNode, blobOfCli]) {
          const answer = await caller.ok('Decrypt', { KeyId: rsa.id, EncryptionAlgorithm, CiphertextBlob: blob(foreign) });
          expect(answer.body).toEqual({ KeyId: rsa.arn, Plaintext: blob(plaintext), EncryptionAlgorithm });
        }
      }
    },
  );

  const invalid = { error: 'InvalidCiphertextException' };
  testRefusals('Decrypt', true, () => caller, [
    { name: 'a changed tag is invalid', input: () => ({ CiphertextBlob: tampered(CiphertextBlob), EncryptionContext }), ...invalid },
    { name: 'a ciphertext without its context is invalid', input: () => ({ CiphertextBlob }), ...invalid },
    {
      name: 'another context is invalid',
      input: () => ({ CiphertextBlob, EncryptionContext: { tenant: 'red' } }),
      ...invalid,
    },
    {
      name: 'more context than at the time is invalid',
      input: () => ({ CiphertextBlob, EncryptionContext: { ...EncryptionContext, more: '1' } }),
      ...invalid,
    },
    { name: 'what is no ciphertext is invalid', input: () => ({ CiphertextBlob: blob('rubbish'), EncryptionContext }), ...invalid },
    {
      name: 'half a ciphertext is invalid',
      input: () => ({ CiphertextBlob: CiphertextBlob.slice(0, 80), EncryptionContext }),
      ...invalid,
    },
    {
      name: 'another key than that of the ciphertext is incorrect',
      input: () => ({ CiphertextBlob, EncryptionContext, KeyId: other.id }),
      error: 'IncorrectKeyException',
      message: /./,
    },
    ...oaepCells.map(({ EncryptionAlgorithm }) => ({
      name: `what ${EncryptionAlgorithm} does not open is invalid`,
      input: () => ({ KeyId: rsa.id, EncryptionAlgorithm, CiphertextBlob: blob(Buffer.alloc(256, 1)) }),
      ...invalid,
    })),
    {
      name: 'so is what is not as long as the modulus',
      input: () => ({ KeyId: rsa.id, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', CiphertextBlob: blob(Buffer.alloc(255, 1)) }),
      ...invalid,
    },
    {
      name: 'an RSA ciphertext names no key, so the request must',
      input: () => ({ EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', CiphertextBlob: blob(Buffer.alloc(256, 1)) }),
      error: 'ValidationException',
      message: /KeyId/,
    },
    {
      name: 'an RSA key must be told its algorithm',
      input: () => ({ KeyId: rsa.id, CiphertextBlob: blob(Buffer.alloc(256, 1)) }),
      error: 'InvalidKeyUsageException',
      message: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    },
    {
      name: 'a signing key is the wrong key',
      input: () => ({ KeyId: signing.id, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', CiphertextBlob: blob(Buffer.alloc(256, 1)) }),
      error: 'IncorrectKeyException',
      message: 'The key ID in the request does not identify a CMK that can perform this operation.',
    },
    {
      name: 'an RSA algorithm takes no encryption context',
      input: () => ({
        KeyId: rsa.id,
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
        CiphertextBlob: blob(Buffer.alloc(256, 1)),
        EncryptionContext,
      }),
      error: 'ValidationException',
      message: 'EncryptionContext is not supported for asymmetric encryption algorithms.',
    },
    {
      name: 'the ciphertext is required',
      input: () => ({ KeyId: key.id }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    },
    ...keyRefusals({
      caller: () => caller,
      action: 'Decrypt',
      more: () => ({ CiphertextBlob, EncryptionContext }),
      aliases: true,
      key: () => key,
    }).filter(({ name }) => !name.includes('without a key')),
    ...useRefusals({
      input: (KeyId) => ({ KeyId, CiphertextBlob, EncryptionContext }),
      key: () => key,
      disabled: () => disabled,
      doomed: () => doomed,
    }),
  ]);

  test('a key that was disabled after it had encrypted opens nothing', async () => {
    const own = await aKey(caller);
    const ciphertext = await encrypted(caller, own, 'x');
    await caller.ok('DisableKey', { KeyId: own.id });
    expect(await caller.kms('Decrypt', { CiphertextBlob: ciphertext })).toMatchObject({
      error: 'DisabledException',
      message: `${own.arn} is disabled.`,
    });
  });
});
