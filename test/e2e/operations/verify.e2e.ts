import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf, signingCells, signingKeys } from '../fixtures/asymmetric.ts';
import { Caller, type Members } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, tampered, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
const message = Buffer.from('the message');
let keys: ReadonlyMap<string, TestKey>;
let disabled: TestKey;
let doomed: TestKey;
let symmetric: TestKey;
let signature = '';
beforeAll(async () => {
  keys = await signingKeys(caller);
  const p256 = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
  disabled = await aKey(caller, { ...p256, state: 'Disabled' });
  doomed = await aKey(caller, { ...p256, state: 'PendingDeletion' });
  symmetric = await aKey(caller);
  signature = await signed('ECC_NIST_P256', 'ECDSA_SHA_256');
});
afterAll(() => caller[Symbol.dispose]());

const keyOf = (spec: string): TestKey => keys.get(spec) as TestKey;
const p256 = (): TestKey => keyOf('ECC_NIST_P256');

async function signed(spec: string, SigningAlgorithm: string): Promise<string> {
  const { body } = await caller.ok('Sign', { KeyId: keyOf(spec).id, Message: blob(message), SigningAlgorithm });
  return String(body['Signature']);
}

const claim = (more: Members = {}): Members => ({
  KeyId: p256().id,
  Message: blob(message),
  SigningAlgorithm: 'ECDSA_SHA_256',
  Signature: signature,
  ...more,
});
const INVALID = 'KMSInvalidSignatureException';

describe('Verify', () => {
  test.each(signingCells)('$SigningAlgorithm with $KeySpec: a signature holds for the message and for its digest', async (cell) => {
    const { KeySpec, SigningAlgorithm } = cell;
    const Signature = await signed(KeySpec, SigningAlgorithm);
    for (const input of [{ Message: blob(message) }, { Message: blob(digestOf(cell, message)), MessageType: 'DIGEST' }]) {
      const { body } = await caller.ok('Verify', { KeyId: keyOf(KeySpec).id, SigningAlgorithm, Signature, ...input });
      expect(body).toEqual({ KeyId: keyOf(KeySpec).arn, SignatureValid: true, SigningAlgorithm });
    }
    const altered = { KeyId: keyOf(KeySpec).id, SigningAlgorithm, Signature: tampered(Signature), Message: blob(message) };
    const refused = await caller.kms('Verify', altered);
    expect([refused.status, refused.error, refused.message]).toEqual([400, INVALID, undefined]);
  });

  test('is recorded without message and signature', async () => {
    const answer = await caller.ok('Verify', claim());
    const record = await expectRecord(caller, 'Verify', answer, {
      readOnly: true,
      resources: [p256().arn],
      requestParameters: { keyId: p256().id, signingAlgorithm: 'ECDSA_SHA_256' },
      responseElements: null,
    });
    expect(JSON.stringify(record)).not.toContain(signature);
  });

  const foreign = (): string => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return sign('sha256', message, privateKey).toString('base64');
  };
  testRefusals('Verify', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'Verify', more: () => claim(), aliases: true, key: p256 }),
    ...useRefusals({ input: (KeyId) => claim({ KeyId }), key: p256, disabled: () => disabled, doomed: () => doomed }),
    { name: 'a signature of another message does not hold', input: () => claim({ Message: blob('another') }), error: INVALID },
    { name: 'a signature of another key does not hold', input: () => claim({ Signature: foreign() }), error: INVALID },
    { name: 'what is no signature does not hold', input: () => claim({ Signature: blob('no signature') }), error: INVALID },
    {
      name: 'a signature in another form than DER does not hold',
      input: () => claim({ Signature: blob(Buffer.alloc(64, 1)) }),
      error: INVALID,
    },
    {
      name: 'a symmetric key verifies nothing',
      input: () => claim({ KeyId: symmetric.id }),
      error: 'InvalidKeyUsageException',
      message: () => `${symmetric.arn} key usage is ENCRYPT_DECRYPT which is not valid for Verify.`,
    },
    {
      name: 'an algorithm of another spec is refused',
      input: () => claim({ SigningAlgorithm: 'RSASSA_PSS_SHA_256' }),
      error: 'InvalidKeyUsageException',
      message: 'Algorithm RSASSA_PSS_SHA_256 is incompatible with key spec ECC_NIST_P256.',
    },
    {
      name: 'a digest of another length is invalid',
      input: () => claim({ MessageType: 'DIGEST' }),
      error: 'ValidationException',
      message: 'Digest is invalid length for algorithm ECDSA_SHA_256.',
    },
    {
      name: 'a dry run does not look at the signature',
      input: () => claim({ Signature: blob('no signature'), DryRun: true }),
      error: 'DryRunOperationException',
      message: 'The request would have succeeded, but the DryRun option is set.',
    },
  ]);
});
