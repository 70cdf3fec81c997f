import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf, nodeAccepts, opensslAccepts, publicKeyOf, signingCells, signingKeys } from '../fixtures/asymmetric.ts';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importOf, parametersFor, privateKeyOf } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, blob, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
const message = Buffer.from('the message');
let keys: ReadonlyMap<string, TestKey>;
let others: Record<'disabled' | 'doomed' | 'symmetric' | 'rsaEncryption' | 'agreement', TestKey>;
beforeAll(async () => {
  keys = await signingKeys(caller);
  const p256 = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
  others = {
    disabled: await aKey(caller, { ...p256, state: 'Disabled' }),
    doomed: await aKey(caller, { ...p256, state: 'PendingDeletion' }),
    symmetric: await aKey(caller),
    rsaEncryption: await aKey(caller, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
    agreement: await aKey(caller, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }),
  };
});
afterAll(() => caller[Symbol.dispose]());

const keyOf = (spec: string): TestKey => keys.get(spec) as TestKey;
const p256 = (): TestKey => keyOf('ECC_NIST_P256');

describe('Sign', () => {
  test.each(signingCells)(
    '$SigningAlgorithm with $KeySpec: node:crypto and openssl accept what it gives for a message and its digest',
    async (cell) => {
      const key = keyOf(cell.KeySpec);
      const publicKey = await publicKeyOf(caller, key);
      for (const input of [
        { Message: blob(message) },
        { Message: blob(message), MessageType: 'RAW' },
        { Message: blob(digestOf(cell, message)), MessageType: 'DIGEST' },
      ]) {
        const { body } = await caller.ok('Sign', { KeyId: key.id, SigningAlgorithm: cell.SigningAlgorithm, ...input });
        expect(body).toEqual({ KeyId: key.arn, Signature: expect.any(String), SigningAlgorithm: cell.SigningAlgorithm });
        const signature = Buffer.from(String(body['Signature']), 'base64');
        expect(nodeAccepts(publicKey, cell, message, signature)).toBe(true);
        expect(opensslAccepts(publicKey, cell, message, signature)).toBe(true);
        expect(opensslAccepts(publicKey, cell, Buffer.from('another'), signature)).toBe(false);
      }
    },
  );

  test.each(signingCells.filter(({ SigningAlgorithm }) => /^ECDSA|PSS_SHA_256/.test(SigningAlgorithm)))(
    'a private $KeySpec key that its user brought signs as it does outside, and GetPublicKey tells its own public half',
    async (cell) => {
      const pkcs8 = privateKeyOf(cell.KeySpec);
      const key = await anImportKey(caller, { KeySpec: cell.KeySpec, KeyUsage: 'SIGN_VERIFY' });
      const parameters = await parametersFor(caller, key, 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_2048');
      await caller.ok('ImportKeyMaterial', importOf(key, parameters, pkcs8));
      const own = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
      expect((await publicKeyOf(caller, key)).equals(own)).toBe(true);
      const input = { KeyId: key.id, Message: blob(message), SigningAlgorithm: cell.SigningAlgorithm };
      const { body } = await caller.ok('Sign', input);
      expect(nodeAccepts(own, cell, message, Buffer.from(String(body['Signature']), 'base64'))).toBe(true);
      expect((await caller.ok('Verify', { ...input, Signature: body['Signature'] })).body['SignatureValid']).toBe(true);
    },
  );

  test('is recorded without message and signature', async () => {
    const input = { KeyId: p256().id, Message: blob('a secret of mine'), MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' };
    const answer = await caller.ok('Sign', input);
    const record = await expectRecord(caller, 'Sign', answer, {
      readOnly: true,
      resources: [p256().arn],
      requestParameters: { keyId: p256().id, messageType: 'RAW', signingAlgorithm: 'ECDSA_SHA_256' },
      responseElements: null,
    });
    const text = JSON.stringify(record);
    expect(text).not.toContain(input.Message);
    expect(text).not.toContain(answer.body['Signature']);
    expect(text).not.toContain('keyMaterialId');
  });

  test('takes 4,096 bytes, and an alias for its key', async () => {
    const KeyId = await anAlias(caller, p256());
    const Message = blob(Buffer.alloc(4096, 7));
    const { body } = await caller.ok('Sign', { KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' });
    expect(body['KeyId']).toBe(p256().arn);
  });

  const more = { Message: blob('x'), SigningAlgorithm: 'ECDSA_SHA_256' };
  testRefusals('Sign', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'Sign', more: () => more, aliases: true, key: p256 }),
    ...useRefusals({ input: (KeyId) => ({ KeyId, ...more }), key: p256, disabled: () => others.disabled, doomed: () => others.doomed }),
    ...(['symmetric', 'rsaEncryption', 'agreement'] as const).map((name) => ({
      name: `a key for another purpose does not sign: ${name}`,
      input: () => ({ KeyId: others[name].id, ...more }),
      error: 'InvalidKeyUsageException',
      message: () => {
        const usage = name === 'agreement' ? 'KEY_AGREEMENT' : 'ENCRYPT_DECRYPT';
        return `${others[name].arn} key usage is ${usage} which is not valid for Sign.`;
      },
    })),
    {
      name: 'an algorithm of another spec is refused',
      input: () => ({ KeyId: p256().id, Message: blob('x'), SigningAlgorithm: 'ECDSA_SHA_384' }),
      error: 'InvalidKeyUsageException',
      message: 'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
    },
    {
      name: 'a digest of another length is invalid',
      input: () => ({ KeyId: keyOf('RSA_2048').id, Message: blob('x'), MessageType: 'DIGEST', SigningAlgorithm: 'RSASSA_PSS_SHA_256' }),
      error: 'ValidationException',
      message: 'Digest is invalid length for algorithm RSASSA_PSS_SHA_256.',
    },
    {
      name: 'so is it in a dry run, since lengths are judged before it ends',
      input: () => ({ KeyId: p256().id, ...more, MessageType: 'DIGEST', DryRun: true }),
      error: 'ValidationException',
      message: 'Digest is invalid length for algorithm ECDSA_SHA_256.',
    },
    {
      name: 'but state and usage are judged before lengths',
      input: () => ({ KeyId: others.disabled.id, ...more, MessageType: 'DIGEST' }),
      error: 'DisabledException',
      message: () => `${others.disabled.arn} is disabled.`,
    },
    {
      name: 'EXTERNAL_MU is for ML-DSA alone',
      input: () => ({ KeyId: p256().id, Message: blob(Buffer.alloc(64)), MessageType: 'EXTERNAL_MU', SigningAlgorithm: 'ECDSA_SHA_256' }),
      error: 'ValidationException',
      message: 'Message type EXTERNAL_MU is not supported for algorithm ECDSA_SHA_256.',
    },
    {
      name: '4,097 bytes are too many',
      input: () => ({ KeyId: p256().id, Message: blob(Buffer.alloc(4097)), SigningAlgorithm: 'ECDSA_SHA_256' }),
      error: 'ValidationException',
      message: /'message' failed to satisfy constraint: Member must have length less than or equal to 4096$/,
    },
    {
      name: 'an algorithm must be named',
      input: () => ({ KeyId: p256().id, Message: blob('x') }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'signingAlgorithm' failed to satisfy constraint: Member must not be null",
    },
  ]);
});
