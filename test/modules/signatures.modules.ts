import { createPublicKey, verify } from 'node:crypto';
import { KMSInvalidSignatureException, SignCommand, VerifyCommand, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../e2e/fixtures/caller.ts';
import { aKey, blob, tampered, type TestKey } from '../e2e/fixtures/keys.ts';
import { expectRecord } from '../e2e/fixtures/records.ts';
import { sdkClient } from '../e2e/fixtures/sdk.ts';
import { pythonVerdict } from './python-verdict.ts';

const caller = new Caller();
const client = sdkClient();
const message = Buffer.alloc(4096, 'the message ');
afterAll(() => {
  client.destroy();
  caller[Symbol.dispose]();
});

const SIGNERS: readonly { KeySpec: string; SigningAlgorithm: SigningAlgorithmSpec; type: string; python: string; bytes: number }[] = [
  { KeySpec: 'ECC_NIST_EDWARDS25519', SigningAlgorithm: 'ED25519_SHA_512', type: 'ed25519', python: 'Ed25519PublicKey', bytes: 64 },
  { KeySpec: 'ML_DSA_44', SigningAlgorithm: 'ML_DSA_SHAKE_256', type: 'ml-dsa-44', python: 'MLDSA44PublicKey', bytes: 2420 },
  { KeySpec: 'ML_DSA_65', SigningAlgorithm: 'ML_DSA_SHAKE_256', type: 'ml-dsa-65', python: 'MLDSA65PublicKey', bytes: 3309 },
  { KeySpec: 'ML_DSA_87', SigningAlgorithm: 'ML_DSA_SHAKE_256', type: 'ml-dsa-87', python: 'MLDSA87PublicKey', bytes: 4627 },
];

describe.each(SIGNERS)('a key of $KeySpec', ({ KeySpec, SigningAlgorithm, type, python, bytes }) => {
  let key: TestKey;
  let publicKey: string;
  beforeAll(async () => {
    key = await aKey(caller, { KeySpec, KeyUsage: 'SIGN_VERIFY' });
    publicKey = String((await caller.ok('GetPublicKey', { KeyId: key.id })).body['PublicKey']);
  });

  test('signs for the AWS SDK what OpenSSL, Python and Verify accept', async () => {
    const named = { KeyId: key.id, SigningAlgorithm, Message: message, MessageType: 'RAW' } as const;
    const { Signature } = await client.send(new SignCommand(named));
    expect(Signature).toHaveLength(bytes);
    const signature = Buffer.from(Signature ?? []);
    const forOpenSsl = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    expect(forOpenSsl.asymmetricKeyType).toBe(type);
    expect(verify(null, message, forOpenSsl, signature)).toBe(true);
    expect(await pythonVerdict(publicKey, blob(message), blob(signature))).toMatchObject({ same: true, type: python });
    const verdict = await client.send(new VerifyCommand({ ...named, Signature }));
    expect([verdict.SignatureValid, verdict.KeyId, verdict.SigningAlgorithm]).toEqual([true, key.arn, SigningAlgorithm]);
    const wrong = new VerifyCommand({ ...named, Message: message.subarray(1), Signature });
    await expect(client.send(wrong)).rejects.toBeInstanceOf(KMSInvalidSignatureException);
  });

  test('leaves a record of each use, without message and signature', async () => {
    const named = { KeyId: key.id, SigningAlgorithm, Message: blob(message) };
    const signed = await caller.ok('Sign', named);
    const { Signature } = signed.body;
    const refused = await caller.kms('Verify', { ...named, Signature: tampered(String(Signature), 20) });
    expect(refused).toMatchObject({ status: 400, error: 'KMSInvalidSignatureException' });
    const record = await expectRecord(caller, 'Sign', signed, { readOnly: true, resources: [key.arn], responseElements: null });
    expect(JSON.stringify(record)).not.toContain(Signature);
    await expectRecord(caller, 'Verify', refused, { readOnly: true, error: 'KMSInvalidSignatureException' });
  });

  test('is described with its algorithms', async () => {
    const { body } = await caller.ok('DescribeKey', { KeyId: key.id });
    const SigningAlgorithms = KeySpec.startsWith('ML_DSA') ? [SigningAlgorithm] : ['ED25519_SHA_512', 'ED25519_PH_SHA_512'];
    expect(body['KeyMetadata']).toMatchObject({ KeySpec, KeyUsage: 'SIGN_VERIFY', SigningAlgorithms });
  });
});

describe('what the module has no mechanism for is refused with the reason', () => {
  test.each([
    {
      name: 'Ed25519ph',
      KeySpec: 'ECC_NIST_EDWARDS25519',
      use: { SigningAlgorithm: 'ED25519_PH_SHA_512', MessageType: 'DIGEST' },
      message: "Algorithm ED25519_PH_SHA_512 is not served: the HSM's module (softokn-post-quantum) has no mechanism for it.",
    },
    {
      name: 'an external mu',
      KeySpec: 'ML_DSA_65',
      use: { SigningAlgorithm: 'ML_DSA_SHAKE_256', MessageType: 'EXTERNAL_MU' },
      message: 'Message type EXTERNAL_MU is not served: PKCS#11 3.2 signs with ML-DSA whole messages only.',
    },
  ])('$name', async ({ KeySpec, use, message: text }) => {
    const key = await aKey(caller, { KeySpec, KeyUsage: 'SIGN_VERIFY' });
    const answer = await caller.kms('Sign', { KeyId: key.id, ...use, Message: blob(Buffer.alloc(64, 1)) });
    expect(answer).toMatchObject({ status: 400, error: 'UnsupportedOperationException', message: text });
  });

  test('secp256k1, which NSS has not, and an Ed25519 key of the user, whose public half no module tells', async () => {
    const curve = await caller.kms('CreateKey', { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' });
    expect(curve).toMatchObject({ error: 'UnsupportedOperationException' });
    const own = await aKey(caller, { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY', Origin: 'EXTERNAL' });
    const answer = await caller.kms('GetParametersForImport', {
      ...{ KeyId: own.id, WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_2048' },
    });
    expect(answer).toMatchObject({
      error: 'UnsupportedOperationException',
      message: 'KeySpec ECC_NIST_EDWARDS25519 is not served: its key material can not be imported.',
    });
  });

  test("the worker's /readyz says the level and what is not served", async () => {
    const answer = await fetch(`http://127.0.0.1:${String(caller.cluster.port('crypto-worker-a.admin'))}/readyz`);
    const text = await answer.text();
    expect(text).toContain('L1');
    expect(text).toContain('ECC_SECG_P256K1');
    expect(text).not.toContain('ML_KEM');
  });
});
