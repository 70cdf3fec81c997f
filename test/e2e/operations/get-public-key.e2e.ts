import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let others: Record<'disabled' | 'doomed' | 'symmetric' | 'hmac', TestKey>;
beforeAll(async () => {
  const p256 = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
  key = await aKey(caller, p256);
  others = {
    disabled: await aKey(caller, { ...p256, state: 'Disabled' }),
    doomed: await aKey(caller, { ...p256, state: 'PendingDeletion' }),
    symmetric: await aKey(caller),
    hmac: await aKey(caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  };
});
afterAll(() => caller[Symbol.dispose]());

/** Specs, what Node.js reads in the key, and what openssl's command line prints of it. */
const rows = [
  {
    ...{
      KeySpec: 'RSA_2048',
      KeyUsage: 'ENCRYPT_DECRYPT',
      details: { modulusLength: 2048, publicExponent: 65537n },
      printed: '(2048 bit)',
    },
    algorithms: { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] },
  },
  {
    ...{ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', details: { modulusLength: 2048, publicExponent: 65537n }, printed: '(2048 bit)' },
    algorithms: { SigningAlgorithms: expect.arrayContaining(['RSASSA_PSS_SHA_512']) as unknown },
  },
  ...(
    [
      ['ECC_NIST_P256', 'prime256v1', '256'],
      ['ECC_NIST_P384', 'secp384r1', '384'],
      ['ECC_NIST_P521', 'secp521r1', '512'],
      ['ECC_SECG_P256K1', 'secp256k1', '256'],
    ] as const
  ).map(([KeySpec, namedCurve, bits]) => ({
    ...{ KeySpec, KeyUsage: 'SIGN_VERIFY', details: { namedCurve }, printed: `ASN1 OID: ${namedCurve}` },
    algorithms: { SigningAlgorithms: [`ECDSA_SHA_${bits}`] },
  })),
  {
    ...{ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT', details: { namedCurve: 'secp384r1' }, printed: 'ASN1 OID: secp384r1' },
    algorithms: { KeyAgreementAlgorithms: ['ECDH'] },
  },
];

describe('GetPublicKey', () => {
  test.each(rows)('of a $KeySpec key for $KeyUsage is SubjectPublicKeyInfo, with the algorithms of its usage', async (row) => {
    const { KeySpec, KeyUsage, details, printed, algorithms } = row;
    const { id, arn } = await aKey(caller, { KeySpec, KeyUsage });
    const { body } = await caller.ok('GetPublicKey', { KeyId: id });
    expect(body).toEqual({
      KeyId: arn,
      PublicKey: expect.any(String),
      CustomerMasterKeySpec: KeySpec,
      KeySpec,
      KeyUsage,
      ...algorithms,
    });
    const der = Buffer.from(String(body['PublicKey']), 'base64');
    const read = createPublicKey({ key: der, format: 'der', type: 'spki' });
    expect(read.asymmetricKeyDetails).toEqual(details);
    expect(read.export({ format: 'der', type: 'spki' })).toEqual(der);
    const text = execFileSync('openssl', ['pkey', '-pubin', '-inform', 'DER', '-noout', '-text'], { input: der, encoding: 'utf8' });
    expect(text).toContain(printed);
  });

  test('is the same every time, by id, ARN and alias, and recorded with the key', async () => {
    const answer = await caller.ok('GetPublicKey', { KeyId: key.id });
    for (const KeyId of [key.arn, await anAlias(caller, key)])
      expect((await caller.ok('GetPublicKey', { KeyId })).body).toEqual(answer.body);
    await expectRecord(caller, 'GetPublicKey', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id },
      responseElements: null,
    });
  });

  testRefusals('GetPublicKey', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GetPublicKey', aliases: true, key: () => key }),
    {
      name: 'a disabled key is not told',
      input: () => ({ KeyId: others.disabled.id }),
      error: 'DisabledException',
      message: () => `${others.disabled.arn} is disabled.`,
    },
    {
      name: 'a key that is pending deletion is not told',
      input: () => ({ KeyId: others.doomed.id }),
      error: 'KMSInvalidStateException',
      message: () => `${others.doomed.arn} is pending deletion.`,
    },
    {
      name: 'a symmetric key has no public half',
      input: () => ({ KeyId: others.symmetric.id }),
      error: 'UnsupportedOperationException',
      message: () => `${others.symmetric.arn} key spec is SYMMETRIC_DEFAULT which is not valid for GetPublicKey.`,
    },
    {
      name: 'an HMAC key has no public half',
      input: () => ({ KeyId: others.hmac.id }),
      error: 'UnsupportedOperationException',
      message: () => `${others.hmac.arn} key spec is HMAC_256 which is not valid for GetPublicKey.`,
    },
  ]);
});
