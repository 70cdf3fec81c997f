import { describe, expect, test } from '@jest/globals';
import type { authorize } from '@trent/contracts';
import { verifyPermit } from '@trent/permit';
import {
  ACCOUNT,
  aKey,
  anItem,
  aPolicy,
  aQuery,
  aSignature,
  FOREIGN_ACCOUNT,
  FOREIGN_KEY_ID,
  INPUT_DIGEST,
  KEY_ID,
  MATERIAL_ID,
  NOW,
  OTHER_KEY_ID,
  PERMIT_KEY,
  REGION,
} from './authorize.fixture.ts';
import { authorizeItem } from './authorize.ts';

const ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`;
const CERTIFICATE = { $case: 'certificate' as const, value: `spiffe://trent/account/${ACCOUNT}/root` };

async function ask(item: authorize.AuthorizeItem, policy = aPolicy()): Promise<authorize.AuthorizeResult> {
  return authorizeItem(policy.deps, item, performance.now() + 1_000);
}

describe('who calls', () => {
  test('a signed request is allowed to the account root by the default key policy', async () => {
    const result = await ask(anItem());
    expect(result.error).toBeUndefined();
    expect(result.accountId).toBe(ACCOUNT);
    expect(JSON.parse(result.identity)).toMatchObject({ type: 'Root', accountId: ACCOUNT });
  });

  test('a mapped client certificate acts as its principal', async () => {
    expect((await ask(anItem({ caller: CERTIFICATE }))).principalArn).toBe(`arn:aws:iam::${ACCOUNT}:root`);
  });

  test.each([
    ['an unknown access key', aSignature({ accessKeyId: 'AKIAEXAMPLE000000002' }), 'UnrecognizedClientException'],
    ['another secret', aSignature({ secret: 'another' }), 'InvalidSignatureException'],
    ['a date of an hour ago', aSignature({ epochMs: NOW - 3_600_000 }), 'InvalidSignatureException'],
    ['a date of an hour ahead', aSignature({ epochMs: NOW + 3_600_000 }), 'InvalidSignatureException'],
    ['an altered canonical request', { ...aSignature(), canonicalRequest: 'POST\n/\n\n' }, 'InvalidSignatureException'],
    ['a session token with a long-term key', { ...aSignature(), sessionToken: 'x' }, 'UnrecognizedClientException'],
  ])('%s is not authenticated and leaves no identity', async (_name, value, code) => {
    const result = await ask(anItem({ caller: { $case: 'sigv4', value } }));
    expect(result).toMatchObject({ accountId: '', identity: '', permit: Buffer.alloc(0), error: { code } });
  });

  test('a certificate that nobody mapped is refused', async () => {
    const result = await ask(anItem({ caller: { $case: 'certificate', value: 'spiffe://trent/account/999999999999/root' } }));
    expect(result.error?.code).toBe('UnrecognizedClientException');
  });

  test('authenticate_only says who it is and issues nothing', async () => {
    const result = await ask(anItem({ authenticateOnly: true, keys: [aQuery('no such key')] }));
    expect(result).toMatchObject({ accountId: ACCOUNT, error: undefined, permit: Buffer.alloc(0) });
  });
});

describe('which key', () => {
  test.each([
    ['its id', KEY_ID],
    ['its ARN', ARN],
    ['an alias name', 'alias/app'],
    ['an alias ARN', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/app`],
  ])('is found by %s', async (_name, reference) => {
    const result = await ask(anItem({ keys: [aQuery(reference)] }));
    expect(result.keys[0]).toMatchObject({ keyArn: ARN, materialId: MATERIAL_ID });
  });

  test('the ciphertext names it when the caller does not', async () => {
    const query = aQuery('', { ciphertextKeyId: KEY_ID, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: REGION });
    expect((await ask(anItem({ operation: 'kms.Decrypt', keys: [query] }))).keys[0]?.keyArn).toBe(ARN);
  });

  test.each([
    ['an unknown id', OTHER_KEY_ID, 'NotFoundException'],
    ['an unknown alias', 'alias/none', 'NotFoundException'],
    ['free text', 'some key', 'NotFoundException'],
    ['an ARN of another region', `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${KEY_ID}`, 'NotFoundException'],
    ['an ARN that is none', 'arn:aws:s3:::bucket', 'InvalidArnException'],
    [
      'a key of another account that does not exist',
      `arn:aws:kms:${REGION}:${FOREIGN_ACCOUNT}:key/${OTHER_KEY_ID}`,
      'AccessDeniedException',
    ],
  ])('%s is answered as AWS does', async (_name, reference, code) => {
    expect((await ask(anItem({ keys: [aQuery(reference)] }))).error?.code).toBe(code);
  });

  test('a foreign key is denied in the same words whether it exists or not', async () => {
    const policy = aPolicy([aKey(), aKey({ keyId: FOREIGN_KEY_ID, accountId: FOREIGN_ACCOUNT })]);
    const [there, gone] = await Promise.all(
      [FOREIGN_KEY_ID, OTHER_KEY_ID].map((id) =>
        ask(anItem({ keys: [aQuery(`arn:aws:kms:${REGION}:${FOREIGN_ACCOUNT}:key/${id}`)] }), policy),
      ),
    );
    expect(there?.error).toEqual(gone?.error);
    expect(there?.keys).toEqual([]);
  });

  test('a bare id never means a key of another account', async () => {
    const policy = aPolicy([aKey({ keyId: FOREIGN_KEY_ID, accountId: FOREIGN_ACCOUNT })]);
    expect((await ask(anItem({ keys: [aQuery(FOREIGN_KEY_ID)] }), policy)).error?.code).toBe('NotFoundException');
  });

  test('a ciphertext of another region opens nothing', async () => {
    const query = aQuery('', { ciphertextKeyId: KEY_ID, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: 'eu-west-1' });
    expect((await ask(anItem({ operation: 'kms.Decrypt', keys: [query] }))).error?.code).toBe('AccessDeniedException');
  });
});

describe('what the key allows', () => {
  test.each([
    ['Disabled', 'DisabledException'],
    ['PendingDeletion', 'KMSInvalidStateException'],
    ['PendingImport', 'KMSInvalidStateException'],
  ])('a key in state %s refuses, and the record can name it', async (keyState, code) => {
    const result = await ask(anItem(), aPolicy([aKey({ keyState })]));
    expect(result).toMatchObject({ accountId: ACCOUNT, error: { code }, permit: Buffer.alloc(0) });
    expect(result.keys[0]?.keyArn).toBe(ARN);
  });

  test('a key of another usage refuses', async () => {
    const policy = aPolicy([aKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' })]);
    expect((await ask(anItem(), policy)).error?.code).toBe('InvalidKeyUsageException');
  });

  test('a ciphertext of another key than the one named is IncorrectKey', async () => {
    const query = aQuery(KEY_ID, { ciphertextKeyId: OTHER_KEY_ID, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: REGION });
    expect((await ask(anItem({ operation: 'kms.Decrypt', keys: [query] }))).error?.code).toBe('IncorrectKeyException');
  });

  test('a ciphertext of a material that the key never had is invalid', async () => {
    const query = aQuery('', { ciphertextKeyId: KEY_ID, ciphertextMaterialId: 'cd'.repeat(32), ciphertextRegion: REGION });
    expect((await ask(anItem({ operation: 'kms.Decrypt', keys: [query] }))).error?.code).toBe('InvalidCiphertextException');
  });

  test('a key policy that denies is obeyed, with its reason', async () => {
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:Encrypt',
          Resource: '*',
          Condition: { StringNotEquals: { 'kms:EncryptionContext:tenant': 'blue' } },
        },
      ],
    });
    const parts = aPolicy([aKey({ policy })]);
    const red = await ask(anItem({ facts: [{ key: 'kms:EncryptionContext:tenant', values: ['red'], keyNumber: 0 }] }), parts);
    expect(red.error).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('explicit deny in a resource-based policy'),
    });
    const blue = await ask(anItem({ facts: [{ key: 'kms:EncryptionContext:tenant', values: ['blue'], keyNumber: 0 }] }), parts);
    expect(blue.error).toBeUndefined();
  });
});

test('a grant token that no grant gave is refused', async () => {
  expect((await ask(anItem({ grantTokens: ['AQpAbogus'] }))).error?.code).toBe('InvalidGrantTokenException');
});

describe('the permit', () => {
  test('names principal, operation, key, material, versions and the exact input', async () => {
    const item = anItem();
    const { permit } = await ask(item);
    const expected = { operation: 'kms.Encrypt', inputDigest: INPUT_DIGEST, region: REGION };
    expect(verifyPermit(permit, () => PERMIT_KEY, { epochMs: NOW }, expected)).toMatchObject({
      id: item.requestId,
      principalVersion: 3n,
      keys: [{ keyArn: ARN, authorisationVersion: 7n, materialId: MATERIAL_ID }],
      notBeforeMs: NOW,
      notAfterMs: NOW + 2_000,
    });
  });

  test('lives three seconds at most', async () => {
    const { permit } = await ask(anItem({ timeoutMs: 60_000 }));
    const expected = { operation: 'kms.Encrypt', inputDigest: INPUT_DIGEST, region: REGION };
    expect(verifyPermit(permit, () => PERMIT_KEY, { epochMs: NOW }, expected).notAfterMs).toBe(NOW + 3_000);
  });

  test('is not issued for a dry run', async () => {
    expect(await ask(anItem({ dryRun: true }))).toMatchObject({ error: undefined, permit: Buffer.alloc(0) });
  });

  test('is not issued without a live lease', async () => {
    const policy = aPolicy([aKey()], { isLive: () => false });
    expect(await ask(anItem(), policy)).toMatchObject({ error: { code: 'DependencyTimeoutException' }, permit: Buffer.alloc(0) });
  });

  test('names both keys of ReEncrypt, source first', async () => {
    const policy = aPolicy([aKey(), aKey({ keyId: OTHER_KEY_ID, aliases: [] })]);
    const source = aQuery('', { ciphertextKeyId: KEY_ID, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: REGION });
    const { permit } = await ask(anItem({ operation: 'kms.ReEncrypt', keys: [source, aQuery(OTHER_KEY_ID)] }), policy);
    const expected = { operation: 'kms.ReEncrypt', inputDigest: INPUT_DIGEST, region: REGION };
    const { keys } = verifyPermit(permit, () => PERMIT_KEY, { epochMs: NOW }, expected);
    expect(keys.map(({ keyArn }) => keyArn.slice(-36))).toEqual([KEY_ID, OTHER_KEY_ID]);
  });
});

describe('what is in view', () => {
  test('is asked for once, and then decided without a promise', async () => {
    const policy = aPolicy();
    await ask(anItem(), policy);
    expect(authorizeItem(policy.deps, anItem(), 0)).not.toBeInstanceOf(Promise);
    expect(policy.loads).toEqual({ views: 1, credentials: 1 });
  });

  test('is asked for again once the feed says that it changed', async () => {
    const policy = aPolicy();
    await ask(anItem(), policy);
    policy.deps.views.forget(REGION, { sequence: 1n, kind: 'key', id: KEY_ID, version: 8n });
    policy.deps.credentials.forget({ sequence: 1n, kind: 'principal', id: `arn:aws:iam::${ACCOUNT}:root`, version: 4n });
    await ask(anItem(), policy);
    expect(policy.loads).toEqual({ views: 2, credentials: 2 });
  });

  test('never holds what does not exist', async () => {
    const policy = aPolicy();
    for (let i = 0; i < 3; i++) await ask(anItem({ keys: [aQuery(OTHER_KEY_ID)] }), policy);
    expect(policy.loads.views).toBe(3);
  });

  test('many at once cost one load a turn', async () => {
    const policy = aPolicy();
    await Promise.all(Array.from({ length: 50 }, () => ask(anItem(), policy)));
    expect(policy.loads).toEqual({ views: 1, credentials: 1 });
  });
});
