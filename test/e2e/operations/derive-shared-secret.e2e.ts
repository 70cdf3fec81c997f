import { diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importOf, parametersFor } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
const usage = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' };
const CURVES = [
  { KeySpec: 'ECC_NIST_P256', curve: 'P-256', bytes: 32 },
  { KeySpec: 'ECC_NIST_P384', curve: 'P-384', bytes: 48 },
  { KeySpec: 'ECC_NIST_P521', curve: 'P-521', bytes: 66 },
];
let key: TestKey;
let signing: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller, usage);
  signing = await aKey(caller, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  disabled = await aKey(caller, { ...usage, state: 'Disabled' });
  doomed = await aKey(caller, { ...usage, state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

function spki(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** A key of this material; an AES key carries what is too long for OAEP. */
async function anImported(KeySpec: string, privateKey: KeyObject): Promise<TestKey> {
  const own = await anImportKey(caller, { KeySpec, KeyUsage: 'KEY_AGREEMENT' });
  const parameters = await parametersFor(caller, own, 'RSA_AES_KEY_WRAP_SHA_256');
  await caller.ok('ImportKeyMaterial', importOf(own, parameters, privateKey.export({ format: 'der', type: 'pkcs8' })));
  return own;
}

function aPeer(namedCurve = 'P-256'): string {
  return spki(generateKeyPairSync('ec', { namedCurve }).publicKey);
}

describe('DeriveSharedSecret', () => {
  const input = (more: Record<string, unknown> = {}) => ({ KeyId: key.id, KeyAgreementAlgorithm: 'ECDH', PublicKey: aPeer(), ...more });

  test.each(CURVES)('agrees with OpenSSL on $bytes bytes for an imported key of $KeySpec', async ({ KeySpec, curve, bytes }) => {
    const pair = generateKeyPairSync('ec', { namedCurve: curve });
    const own = await anImported(KeySpec, pair.privateKey);
    const peer = generateKeyPairSync('ec', { namedCurve: curve });
    const answer = await caller.ok('DeriveSharedSecret', input({ KeyId: own.id, PublicKey: spki(peer.publicKey) }));
    const { SharedSecret } = answer.body;
    expect(answer.body).toEqual({ KeyId: own.arn, SharedSecret, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'EXTERNAL' });
    expect(SharedSecret).toBe(diffieHellman({ privateKey: peer.privateKey, publicKey: pair.publicKey }).toString('base64'));
    expect(Buffer.from(String(SharedSecret), 'base64')).toHaveLength(bytes);
    const record = await expectRecord(caller, 'DeriveSharedSecret', answer, {
      readOnly: true,
      resources: [own.arn],
      requestParameters: { keyId: own.id, keyAgreementAlgorithm: 'ECDH' },
      responseElements: null,
    });
    expect(JSON.stringify(record)).not.toContain(SharedSecret);
  });

  test('a key that the HSM made derives the same secret each time, and another with another public key', async () => {
    const PublicKey = aPeer();
    const [first, again, other] = await Promise.all(
      [PublicKey, PublicKey, aPeer()].map((peer) => caller.ok('DeriveSharedSecret', input({ PublicKey: peer }))),
    );
    expect(first!.body).toMatchObject({ KeyId: key.arn, KeyOrigin: 'AWS_KMS' });
    expect(again!.body['SharedSecret']).toBe(first!.body['SharedSecret']);
    expect(other!.body['SharedSecret']).not.toBe(first!.body['SharedSecret']);
  });

  testRefusals('DeriveSharedSecret', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'DeriveSharedSecret', more: () => input(), aliases: true, key: () => key }),
    ...useRefusals({ input: (KeyId) => input({ KeyId }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    {
      name: 'a key that signs agrees on nothing',
      input: () => input({ KeyId: signing.id }),
      error: 'InvalidKeyUsageException',
      message: () => `${signing.arn} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`,
    },
    { name: 'a public key of another curve is invalid', input: () => input({ PublicKey: aPeer('P-384') }), error: 'ValidationException' },
    { name: 'a public key that is none is invalid', input: () => input({ PublicKey: 'AAAA' }), error: 'ValidationException' },
    {
      name: 'a dry run finds that a public key is invalid',
      input: () => input({ PublicKey: aPeer('P-384'), DryRun: true }),
      error: 'ValidationException',
    },
    {
      name: 'an algorithm that is none is invalid',
      input: () => input({ KeyAgreementAlgorithm: 'X25519' }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value 'X25519' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]",
    },
    {
      name: 'an attested recipient is refused, not ignored',
      input: () => input({ Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'AA==' } }),
      error: 'ValidationException',
      message: 'Recipient is not supported',
    },
  ]);
});
