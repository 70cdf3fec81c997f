import { constants, createHmac, createPrivateKey, createPublicKey, publicEncrypt, randomBytes, verify } from 'node:crypto';
import {
  DecryptCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  SignCommand,
  type KeySpec,
  type KeyUsageType,
} from '@aws-sdk/client-kms';
import { afterAll, describe, expect, test } from '@jest/globals';
import { bringBySdk, privateKeyOf, type SdkImport } from '../fixtures/imports.ts';
import { sdkClient } from '../fixtures/sdk.ts';

const kms = sdkClient();
afterAll(() => kms.destroy());

/** Each wrapping algorithm under each wrapping key, and each key spec at least once; all 94 cells are walked in the worker's own spec. */
const rows: readonly SdkImport[] = (
  [
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_1', 'RSA_2048'],
    ['HMAC_224', 'GENERATE_VERIFY_MAC', 'RSAES_OAEP_SHA_1', 'RSA_3072'],
    ['ECC_NIST_P521', 'SIGN_VERIFY', 'RSAES_OAEP_SHA_1', 'RSA_4096'],
    ['HMAC_256', 'GENERATE_VERIFY_MAC', 'RSAES_OAEP_SHA_256', 'RSA_2048'],
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_256', 'RSA_3072'],
    ['ECC_NIST_P256', 'SIGN_VERIFY', 'RSAES_OAEP_SHA_256', 'RSA_4096'],
    ['HMAC_512', 'GENERATE_VERIFY_MAC', 'RSAES_OAEP_SHA_256', 'RSA_4096'],
    ['RSA_2048', 'SIGN_VERIFY', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_2048'],
    ['ECC_NIST_P384', 'SIGN_VERIFY', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_3072'],
    ['RSA_4096', 'SIGN_VERIFY', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_4096'],
    ['ECC_SECG_P256K1', 'SIGN_VERIFY', 'RSA_AES_KEY_WRAP_SHA_256', 'RSA_2048'],
    ['RSA_3072', 'SIGN_VERIFY', 'RSA_AES_KEY_WRAP_SHA_256', 'RSA_3072'],
    ['RSA_2048', 'ENCRYPT_DECRYPT', 'RSA_AES_KEY_WRAP_SHA_256', 'RSA_4096'],
    ['HMAC_384', 'GENERATE_VERIFY_MAC', 'RSAES_OAEP_SHA_1', 'RSA_2048'],
  ] as const
).map(([spec, usage, wrapping, wrappingSpec]) => ({ spec, usage, wrapping, wrappingSpec }));

const BYTES: Readonly<Partial<Record<KeySpec, number>>> = { SYMMETRIC_DEFAULT: 32, HMAC_224: 28, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 };

const message = Buffer.from('the message');

/** What the key does is what OpenSSL does with the same material: the very key has arrived. */
const proofs: Readonly<Partial<Record<KeyUsageType, (KeyId: string, row: SdkImport, material: Buffer) => Promise<void>>>> = {
  ENCRYPT_DECRYPT: async (KeyId, { spec }, material) => {
    if (spec !== 'SYMMETRIC_DEFAULT') return opensWhatOpensslEncrypts(KeyId, material);
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: message }));
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(Plaintext ?? [])).toEqual(message);
  },
  GENERATE_VERIFY_MAC: async (KeyId, { spec }, material) => {
    const bits = spec.slice('HMAC_'.length);
    const { Mac } = await kms.send(new GenerateMacCommand({ KeyId, Message: message, MacAlgorithm: `HMAC_SHA_${bits}` as 'HMAC_SHA_256' }));
    expect(Buffer.from(Mac ?? [])).toEqual(createHmac(`sha${bits}`, material).update(message).digest());
  },
  SIGN_VERIFY: async (KeyId, _row, material) => {
    const own = createPublicKey(createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }));
    const { PublicKey, SigningAlgorithms: [SigningAlgorithm] = [] } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    expect(Buffer.from(PublicKey ?? [])).toEqual(own.export({ format: 'der', type: 'spki' }));
    const { Signature } = await kms.send(new SignCommand({ KeyId, Message: message, SigningAlgorithm }));
    const hash = `sha${String(SigningAlgorithm?.slice(-3))}`;
    expect(verify(hash, message, own, Buffer.from(Signature ?? []))).toBe(true);
  },
};

/** The user encrypts with the public half that never left the house. */
async function opensWhatOpensslEncrypts(KeyId: string, material: Buffer): Promise<void> {
  const key = createPublicKey(createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }));
  const CiphertextBlob = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, message);
  const { Plaintext } = await kms.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }));
  expect(Buffer.from(Plaintext ?? [])).toEqual(message);
}

describe('material that a user brings, by the AWS SDK and OpenSSL alone', () => {
  test.each(rows)('$spec by $wrapping under $wrappingSpec does what the same key does outside', async (row) => {
    const bytes = BYTES[row.spec];
    const material = bytes === undefined ? privateKeyOf(row.spec) : randomBytes(bytes);
    const KeyId = await bringBySdk(kms, row, material);
    await proofs[row.usage]?.(KeyId, row, material);
  });
});
