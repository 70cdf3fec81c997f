import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const DAY_S = 86_400;
const caller = new Caller();
let key: TestKey;
let own: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await anImportKey(caller);
  own = await aKey(caller);
  doomed = await anImportKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

const wanted = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };

describe('GetParametersForImport', () => {
  test.each([
    ['RSA_2048', 'RSAES_OAEP_SHA_1', 2048],
    ['RSA_3072', 'RSAES_OAEP_SHA_256', 3072],
    ['RSA_4096', 'RSAES_OAEP_SHA_256', 4096],
  ])('gives a fresh %s wrapping key and a token for %s, good for a day', async (spec, algorithm, bits) => {
    const answer = await caller.ok('GetParametersForImport', { KeyId: key.id, WrappingAlgorithm: algorithm, WrappingKeySpec: spec });
    const { KeyId, ImportToken, PublicKey, ParametersValidTo } = answer.body as Record<string, string> & { ParametersValidTo: number };
    expect(KeyId).toBe(key.arn);
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? '', 'base64'), format: 'der', type: 'spki' });
    expect(publicKey.asymmetricKeyDetails).toEqual({ modulusLength: bits, publicExponent: 65_537n });
    expect(Buffer.from(ImportToken ?? '', 'base64').length).toBeLessThanOrEqual(6144);
    expect(Math.abs(ParametersValidTo - Date.now() / 1000 - DAY_S)).toBeLessThan(120);
    const record = await expectRecord(caller, 'GetParametersForImport', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id, wrappingAlgorithm: algorithm, wrappingKeySpec: spec },
      responseElements: null,
    });
    expect(JSON.stringify(record)).not.toContain(ImportToken?.slice(100, 140));
  });

  test('gives another key and token each time', async () => {
    const [first, second] = [
      await caller.ok('GetParametersForImport', { KeyId: key.id, ...wanted }),
      await caller.ok('GetParametersForImport', { KeyId: key.id, ...wanted }),
    ];
    expect(first.body['PublicKey']).not.toBe(second.body['PublicKey']);
    expect(first.body['ImportToken']).not.toBe(second.body['ImportToken']);
  });

  testRefusals('GetParametersForImport', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GetParametersForImport', aliases: false, key: () => key, more: () => wanted }),
    {
      name: 'a key with material of its own takes none',
      input: () => ({ KeyId: own.id, ...wanted }),
      error: 'UnsupportedOperationException',
      message: () => `${own.arn} origin is AWS_KMS which is not valid for this operation.`,
    },
    {
      name: 'a key that is pending deletion takes none',
      input: () => ({ KeyId: doomed.id, ...wanted }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'PKCS #1 v1.5 is refused as AWS refuses it',
      input: () => ({ KeyId: key.id, ...wanted, WrappingAlgorithm: 'RSAES_PKCS1_V1_5' }),
      error: 'UnsupportedOperationException',
      message: /RSAES_PKCS1_V1_5/,
    },
    {
      name: 'SM2 is refused',
      input: () => ({ KeyId: key.id, WrappingAlgorithm: 'SM2PKE', WrappingKeySpec: 'SM2' }),
      error: 'UnsupportedOperationException',
      message: /SM2PKE/,
    },
    {
      name: 'a symmetric key is not wrapped by an inner key',
      input: () => ({ KeyId: key.id, ...wanted, WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256' }),
      error: 'UnsupportedOperationException',
      message: /RSA_AES_KEY_WRAP_SHA_256/,
    },
    {
      name: 'an unknown wrapping key spec is invalid',
      input: () => ({ KeyId: key.id, ...wanted, WrappingKeySpec: 'RSA_1024' }),
      error: 'ValidationException',
      message: /^1 validation error detected: Value 'RSA_1024' at 'wrappingKeySpec' failed to satisfy constraint/,
    },
  ]);
});
