import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { expectPair, pairRefusals, PAIRS } from '../fixtures/key-pairs.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
const more = { KeyPairSpec: 'ECC_NIST_P256' };
let key: TestKey;
let hmac: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  hmac = await aKey(caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('GenerateDataKeyPair', () => {
  const EncryptionContext = { tenant: 'blue' };

  test.each(PAIRS)('makes a pair of $spec: both halves DER that belong together, the private one closed for Decrypt', async (row) => {
    const answer = await caller.ok('GenerateDataKeyPair', { KeyId: key.id, KeyPairSpec: row.spec, EncryptionContext });
    const { PrivateKeyCiphertextBlob, PrivateKeyPlaintext, PublicKey, KeyMaterialId } = answer.body;
    const opened = await caller.ok('Decrypt', { CiphertextBlob: PrivateKeyCiphertextBlob, EncryptionContext });
    expect(answer.body).toEqual({
      PrivateKeyCiphertextBlob,
      PrivateKeyPlaintext: opened.body['Plaintext'],
      PublicKey,
      KeyId: key.arn,
      KeyPairSpec: row.spec,
      KeyMaterialId: opened.body['KeyMaterialId'],
    });
    await expectPair(row, String(PrivateKeyPlaintext), String(PublicKey));
    const record = await expectRecord(caller, 'GenerateDataKeyPair', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id, keyPairSpec: row.spec, encryptionContext: EncryptionContext },
      responseElements: null,
      additionalEventData: { keyMaterialId: KeyMaterialId },
    });
    expect(JSON.stringify(record)).not.toContain(PrivateKeyPlaintext);
  });

  test('two pairs are never the same', async () => {
    const pairs = await Promise.all([1, 2].map(() => caller.ok('GenerateDataKeyPair', { KeyId: key.id, ...more })));
    expect(pairs[0]!.body['PublicKey']).not.toBe(pairs[1]!.body['PublicKey']);
  });

  test('an encryption does not wait for RSA pairs that are being made', async () => {
    let made = 0;
    const pairs = Array.from({ length: 4 }, () =>
      caller.ok('GenerateDataKeyPair', { KeyId: key.id, KeyPairSpec: 'RSA_3072' }).finally(() => (made += 1)),
    );
    await caller.ok('Encrypt', { KeyId: key.id, Plaintext: 'AA==' });
    expect(made).toBeLessThan(pairs.length);
    await Promise.all(pairs);
  });

  testRefusals('GenerateDataKeyPair', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GenerateDataKeyPair', more: () => more, aliases: true, key: () => key }),
    ...useRefusals({ input: (KeyId) => ({ KeyId, ...more }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    ...pairRefusals(
      'GenerateDataKeyPair',
      () => key,
      () => hmac,
    ),
    {
      name: 'an attested recipient is refused, not ignored',
      input: () => ({ KeyId: key.id, ...more, Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'AA==' } }),
      error: 'ValidationException',
      message: 'Recipient is not supported',
    },
  ]);
});
