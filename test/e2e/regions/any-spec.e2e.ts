import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller, type Members } from '../fixtures/caller.ts';
import { blob } from '../fixtures/keys.ts';
import { aPrimary, arnIn, described, THERE } from '../fixtures/multi-region.ts';

const here = new Caller();
const there = new Caller({ region: THERE });
afterAll(() => {
  here[Symbol.dispose]();
  there[Symbol.dispose]();
});

/** Makes a primary of this kind and its replica. */
async function aFamily(kind: Members) {
  const primary = await aPrimary(here, kind);
  await here.ok('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE });
  expect(await described(there, primary)).toMatchObject({ KeyState: 'Enabled', MultiRegion: true, ...kind });
  return { KeyId: primary.id, replicaArn: arnIn(THERE, primary) };
}

describe('a multi-Region key of any spec', () => {
  test('verifies there the MAC that was made here', async () => {
    const { KeyId, replicaArn } = await aFamily({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const of = { KeyId, Message: blob('message'), MacAlgorithm: 'HMAC_SHA_256' };
    const { Mac } = (await here.ok('GenerateMac', of)).body;
    expect((await there.ok('VerifyMac', { ...of, Mac })).body).toEqual({ KeyId: replicaArn, MacAlgorithm: 'HMAC_SHA_256', MacValid: true });
  });

  test.each([
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['RSA_2048', 'RSASSA_PSS_SHA_256'],
  ])('verifies there, with %s, what was signed here', async (KeySpec, SigningAlgorithm) => {
    const { KeyId, replicaArn } = await aFamily({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
    const of = { KeyId, Message: blob('message'), SigningAlgorithm };
    const { Signature } = (await here.ok('Sign', of)).body;
    expect((await there.ok('Verify', { ...of, Signature })).body).toEqual({ KeyId: replicaArn, SigningAlgorithm, SignatureValid: true });
    const other = { ...of, Message: blob('another'), Signature };
    expect(await there.kms('Verify', other)).toMatchObject({ error: 'KMSInvalidSignatureException' });
    expect((await there.ok('GetPublicKey', { KeyId })).body['PublicKey']).toBe(
      (await here.ok('GetPublicKey', { KeyId })).body['PublicKey'],
    );
  });

  test('agrees with a peer on the same secret here and there', async () => {
    const { KeyId, replicaArn } = await aFamily({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
    const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' });
    const of = { KeyId, PublicKey: peer.toString('base64'), KeyAgreementAlgorithm: 'ECDH' };
    const [one, other] = [await here.ok('DeriveSharedSecret', of), await there.ok('DeriveSharedSecret', of)];
    expect(other.body).toMatchObject({ KeyId: replicaArn, SharedSecret: one.body['SharedSecret'] });
  });

  test('makes data key pairs here whose private half opens there', async () => {
    const { KeyId } = await aFamily({ KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' });
    const pair = (await here.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' })).body;
    const { Plaintext } = (await there.ok('Decrypt', { CiphertextBlob: pair['PrivateKeyCiphertextBlob'] })).body;
    expect(Plaintext).toBe(pair['PrivateKeyPlaintext']);
  });
});
