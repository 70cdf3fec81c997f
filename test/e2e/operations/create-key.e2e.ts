import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
afterAll(() => caller[Symbol.dispose]());

const ECDH = { KeyAgreementAlgorithms: ['ECDH'] };
/** Key specs that SoftHSM carries; RSA of 2,048 bits alone, since the larger ones differ in nothing but seconds. */
const SPECS = [
  { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT', algorithms: { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] } },
  {
    KeySpec: 'RSA_2048',
    KeyUsage: 'SIGN_VERIFY',
    algorithms: {
      SigningAlgorithms: [
        ...['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512'],
        ...['RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512'],
      ],
    },
  },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', algorithms: { SigningAlgorithms: ['ECDSA_SHA_256'] } },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT', algorithms: ECDH },
  { KeySpec: 'ECC_NIST_P384', KeyUsage: 'SIGN_VERIFY', algorithms: { SigningAlgorithms: ['ECDSA_SHA_384'] } },
  { KeySpec: 'ECC_NIST_P521', KeyUsage: 'KEY_AGREEMENT', algorithms: ECDH },
  { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY', algorithms: { SigningAlgorithms: ['ECDSA_SHA_256'] } },
  ...['224', '256', '384', '512'].map((bits) => ({
    KeySpec: `HMAC_${bits}`,
    KeyUsage: 'GENERATE_VERIFY_MAC',
    algorithms: { MacAlgorithms: [`HMAC_SHA_${bits}`] },
  })),
];

describe('CreateKey', () => {
  test('makes an enabled symmetric key with tags and the default policy, and records its metadata', async () => {
    const answer = await caller.ok('CreateKey', { Description: 'orders', Tags: [{ TagKey: 'team', TagValue: 'blue' }] });
    const metadata = answer.body['KeyMetadata'] as Record<string, unknown>;
    const { accountId } = caller.account;
    expect(metadata).toEqual({
      AWSAccountId: accountId,
      KeyId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      Arn: `arn:aws:kms:${caller.region}:${accountId}:key/${String(metadata['KeyId'])}`,
      CreationDate: expect.any(Number),
      Enabled: true,
      Description: 'orders',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await expectRecord(caller, 'CreateKey', answer, {
      readOnly: false,
      resources: [String(metadata['Arn'])],
      requestParameters: { description: 'orders', tags: [{ tagKey: 'team', tagValue: 'blue' }] },
      responseElements: { keyMetadata: { keyId: metadata['KeyId'], aWSAccountId: accountId } },
    });
  });

  test.each(SPECS)(
    'makes a key of $KeySpec for $KeyUsage, whose metadata lists its algorithms',
    async ({ KeySpec, KeyUsage, algorithms }) => {
      const { body } = await caller.ok('CreateKey', { KeySpec, KeyUsage });
      const metadata = body['KeyMetadata'] as Record<string, unknown>;
      const described = await caller.ok('DescribeKey', { KeyId: metadata['KeyId'] });
      expect(described.body['KeyMetadata']).toEqual(metadata);
      expect(metadata).toEqual({
        AWSAccountId: caller.account.accountId,
        KeyId: expect.any(String),
        Arn: expect.any(String),
        CreationDate: expect.any(Number),
        Enabled: true,
        Description: '',
        KeyUsage,
        KeyState: 'Enabled',
        Origin: 'AWS_KMS',
        KeyManager: 'CUSTOMER',
        CustomerMasterKeySpec: KeySpec,
        KeySpec,
        MultiRegion: false,
        ...algorithms,
      });
    },
  );

  test('the same request under the same invocation id makes one key', async () => {
    const plain = {
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentService.CreateKey',
        'amz-sdk-invocation-id': crypto.randomUUID(),
      },
      body: '{"Description":"once"}',
    };
    const send = async (): Promise<string> => {
      const { text, status } = await caller.wire.send({ ...plain, headers: await caller.sign(plain) });
      if (status !== 200) throw new Error(text);
      return text;
    };
    const first = await send();
    expect(await send()).toBe(first);
  });

  testRefusals('CreateKey', false, () => caller, [
    {
      name: 'a policy that is no JSON is malformed',
      input: () => ({ Policy: '{' }),
      error: 'MalformedPolicyDocumentException',
      message: /^This policy contains invalid Json/,
    },
    {
      name: 'a policy that locks its maker out is malformed',
      input: () => ({ Policy: '{"Version":"2012-10-17","Statement":[]}' }),
      error: 'MalformedPolicyDocumentException',
      message: /./,
    },
    {
      name: 'a reserved tag is refused',
      input: () => ({ Tags: [{ TagKey: 'aws:x', TagValue: '1' }] }),
      error: 'TagException',
      message: 'Tags beginning with aws: are reserved',
    },
    {
      name: 'a tag twice is refused',
      input: () => ({
        Tags: [
          { TagKey: 'a', TagValue: '1' },
          { TagKey: 'a', TagValue: '2' },
        ],
      }),
      error: 'TagException',
      message: 'Duplicate tag keys',
    },
    {
      name: 'an unknown key spec is invalid',
      input: () => ({ KeySpec: 'RSA_1' }),
      error: 'ValidationException',
      message:
        /^1 validation error detected: Value 'RSA_1' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    },
    {
      name: 'both spellings of the spec are invalid',
      input: () => ({ KeySpec: 'SYMMETRIC_DEFAULT', CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' }),
      error: 'ValidationException',
      message: 'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    },
    {
      name: 'a usage must be named for other specs than the symmetric one',
      input: () => ({ KeySpec: 'RSA_2048' }),
      error: 'ValidationException',
      message: 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    },
    ...['ECC_NIST_EDWARDS25519', 'ML_DSA_65', 'ML_KEM_768'].map((KeySpec) => ({
      name: `${KeySpec}, which the HSM cannot carry, is refused with the reason`,
      input: () => ({ KeySpec, KeyUsage: KeySpec === 'ML_KEM_768' ? 'ENCAPSULATE_DECAPSULATE' : 'SIGN_VERIFY' }),
      error: 'UnsupportedOperationException',
      message: new RegExp(`^KeySpec ${KeySpec} is not served: the HSM's module \\(softhsm\\) \\S`),
    })),
    {
      name: 'a multi-Region key can not live in a key store',
      input: () => ({ MultiRegion: true, Origin: 'AWS_CLOUDHSM' }),
      error: 'ValidationException',
      message: 'MultiRegion is not supported for Origin AWS_CLOUDHSM',
    },
  ]);
});
