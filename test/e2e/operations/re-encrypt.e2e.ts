import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
let rsa: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
  rsa = await aKey(caller, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
});
afterAll(() => caller[Symbol.dispose]());

describe('ReEncrypt', () => {
  const SourceEncryptionContext = { tenant: 'blue' };
  const DestinationEncryptionContext = { tenant: 'red' };
  let CiphertextBlob = '';
  let long = '';
  let source: TestKey;
  beforeAll(async () => {
    source = await aKey(caller);
    CiphertextBlob = await encrypted(caller, source, 'moved', { EncryptionContext: SourceEncryptionContext });
    long = await encrypted(caller, source, 'x'.repeat(215));
  });
  const input = (DestinationKeyId: unknown): object => ({
    CiphertextBlob,
    SourceEncryptionContext,
    DestinationEncryptionContext,
    DestinationKeyId,
  });

  test('moves a ciphertext to another key and context, and records both keys', async () => {
    const answer = await caller.ok('ReEncrypt', { ...input(key.id) });
    expect(answer.body).toEqual({
      CiphertextBlob: expect.any(String),
      SourceKeyId: source.arn,
      KeyId: key.arn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      SourceKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      DestinationKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const opened = await caller.ok('Decrypt', {
      CiphertextBlob: answer.body['CiphertextBlob'],
      EncryptionContext: DestinationEncryptionContext,
      KeyId: key.id,
    });
    expect(opened.body['Plaintext']).toBe(blob('moved'));
    await expectRecord(caller, 'ReEncrypt', answer, {
      readOnly: true,
      resources: [source.arn, key.arn],
      requestParameters: {
        destinationKeyId: key.id,
        sourceEncryptionContext: SourceEncryptionContext,
        destinationEncryptionContext: DestinationEncryptionContext,
      },
      responseElements: null,
      additionalEventData: {
        sourceKeyMaterialId: answer.body['SourceKeyMaterialId'],
        destinationKeyMaterialId: answer.body['DestinationKeyMaterialId'],
      },
    });
  });

  test('goes from a symmetric to an RSA key, between RSA algorithms, and back', async () => {
    const toRsa = await caller.ok('ReEncrypt', {
      CiphertextBlob,
      SourceEncryptionContext,
      DestinationKeyId: rsa.id,
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    expect(toRsa.body).toEqual({
      CiphertextBlob: expect.any(String),
      SourceKeyId: source.arn,
      KeyId: rsa.arn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      SourceKeyMaterialId: expect.any(String),
    });
    const within = await caller.ok('ReEncrypt', {
      CiphertextBlob: toRsa.body['CiphertextBlob'],
      SourceKeyId: rsa.id,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      DestinationKeyId: rsa.id,
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    });
    const back = await caller.ok('ReEncrypt', {
      CiphertextBlob: within.body['CiphertextBlob'],
      SourceKeyId: rsa.id,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      DestinationKeyId: key.id,
      DestinationEncryptionContext,
    });
    expect(back.body).toEqual({
      CiphertextBlob: expect.any(String),
      SourceKeyId: rsa.arn,
      KeyId: key.arn,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationKeyMaterialId: expect.any(String),
    });
    const opened = await caller.ok('Decrypt', {
      CiphertextBlob: back.body['CiphertextBlob'],
      EncryptionContext: DestinationEncryptionContext,
    });
    expect(opened.body['Plaintext']).toBe(blob('moved'));
  });

  testRefusals('ReEncrypt', true, () => caller, [
    {
      name: 'a changed ciphertext is invalid',
      input: () => ({ ...input(key.id), CiphertextBlob: tampered(CiphertextBlob) }),
      error: 'InvalidCiphertextException',
    },
    {
      name: 'another source context is invalid',
      input: () => ({ ...input(key.id), SourceEncryptionContext: {} }),
      error: 'InvalidCiphertextException',
    },
    {
      name: 'another source key than that of the ciphertext is incorrect',
      input: () => ({ ...input(key.id), SourceKeyId: key.id }),
      error: 'IncorrectKeyException',
      message: /./,
    },
    {
      name: 'a plaintext too long for the destination is invalid',
      input: () => ({ CiphertextBlob: long, DestinationKeyId: rsa.id, DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      error: 'ValidationException',
      message: 'Algorithm RSAES_OAEP_SHA_1 and key spec RSA_2048 cannot encrypt data larger than 214 bytes.',
    },
    {
      name: 'an RSA destination takes no encryption context',
      input: () => ({ ...input(rsa.id), DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      error: 'ValidationException',
      message: 'EncryptionContext is not supported for asymmetric encryption algorithms.',
    },
    ...keyRefusals({
      caller: () => caller,
      action: 'ReEncryptTo',
      member: 'DestinationKeyId',
      more: () => ({ CiphertextBlob, SourceEncryptionContext }),
      aliases: true,
      key: () => key,
    }),
    ...useRefusals({ input: (KeyId) => ({ ...input(KeyId) }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
  ]);
});
