import { createECDH, createPrivateKey } from 'node:crypto';
import { DeriveSharedSecretCommand, GenerateMacCommand, VerifyMacCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bringBySdk } from '../fixtures/imports.ts';
import { sdkClient } from '../fixtures/sdk.ts';
import wycheproof from '../../vectors/wycheproof.json' with { type: 'json' };

const kms = sdkClient();
afterAll(() => kms.destroy());
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Each key of the vectors is brought once. */
async function bringAll(keys: readonly string[], bring: (key: string) => Promise<string>): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const key of new Set(keys)) ids.set(key, await bring(key));
  return ids;
}

describe('HMAC-SHA-256 under keys of Project Wycheproof', () => {
  let ids = new Map<string, string>();
  beforeAll(async () => {
    const row = { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', wrapping: 'RSAES_OAEP_SHA_1', wrappingSpec: 'RSA_2048' } as const;
    ids = await bringAll(
      wycheproof.hmacSha256.map(({ key }) => key),
      (key) => bringBySdk(kms, row, bytes(key)),
    );
  });

  test.each(wycheproof.hmacSha256)('vector $tcId is $result', async ({ key, msg, tag, result }) => {
    const common = { KeyId: ids.get(key), Message: bytes(msg), MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await kms.send(new GenerateMacCommand(common));
    expect(Buffer.from(Mac ?? []).equals(bytes(tag))).toBe(result === 'valid');
    const verified = kms.send(new VerifyMacCommand({ ...common, Mac: bytes(tag) }));
    if (result === 'valid') expect((await verified).MacValid).toBe(true);
    else await expect(verified).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
  });
});

describe('ECDH on P-256 under keys of Project Wycheproof', () => {
  let ids = new Map<string, string>();
  beforeAll(async () => {
    const wrapped = { wrapping: 'RSA_AES_KEY_WRAP_SHA_1', wrappingSpec: 'RSA_2048' } as const;
    const row = { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT', ...wrapped } as const;
    ids = await bringAll(
      wycheproof.ecdhSecp256r1.map((vector) => vector.private),
      (key) => bringBySdk(kms, row, pkcs8(key)),
    );
  });

  test.each(wycheproof.ecdhSecp256r1)('vector $tcId, $comment', async (vector) => {
    const { SharedSecret } = await kms.send(
      new DeriveSharedSecretCommand({
        KeyId: ids.get(vector.private),
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: bytes(vector.public),
      }),
    );
    expect(Buffer.from(SharedSecret ?? []).toString('hex')).toBe(vector.shared);
  });
});

/** PKCS#8 of a scalar on P-256. */
function pkcs8(scalar: string): Buffer {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(bytes(scalar));
  const point = pair.getPublicKey().subarray(1);
  const [x, y, d] = [point.subarray(0, 32), point.subarray(32), bytes(scalar)].map((part) => part.toString('base64url'));
  if (x === undefined || y === undefined || d === undefined) throw new Error('unreachable');
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x, y, d }, format: 'jwk' }).export({ format: 'der', type: 'pkcs8' });
}
