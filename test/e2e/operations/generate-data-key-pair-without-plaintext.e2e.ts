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

describe('GenerateDataKeyPairWithoutPlaintext', () => {
  const EncryptionContext = { tenant: 'blue' };

  test.each(PAIRS)('makes a pair of $spec: both halves DER that belong together, the private one closed for Decrypt', async (row) => {
    const answer = await caller.ok('GenerateDataKeyPairWithoutPlaintext', { KeyId: key.id, KeyPairSpec: row.spec, EncryptionContext });
    const { PrivateKeyCiphertextBlob, PublicKey, KeyMaterialId } = answer.body;
    const opened = await caller.ok('Decrypt', { CiphertextBlob: PrivateKeyCiphertextBlob, EncryptionContext });
    expect(answer.body).toEqual({
      PrivateKeyCiphertextBlob,
      PublicKey,
      KeyId: key.arn,
      KeyPairSpec: row.spec,
      KeyMaterialId: opened.body['KeyMaterialId'],
    });
    await expectPair(row, String(opened.body['Plaintext']), String(PublicKey));
    const record = await expectRecord(caller, 'GenerateDataKeyPairWithoutPlaintext', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id, keyPairSpec: row.spec, encryptionContext: EncryptionContext },
      responseElements: null,
      additionalEventData: { keyMaterialId: KeyMaterialId },
    });
    expect(JSON.stringify(record)).not.toContain(opened.body['Plaintext']);
  });

  test('two pairs are never the same', async () => {
    const pairs = await Promise.all([1, 2].map(() => caller.ok('GenerateDataKeyPairWithoutPlaintext', { KeyId: key.id, ...more })));
    expect(pairs[0]!.body['PublicKey']).not.toBe(pairs[1]!.body['PublicKey']);
  });

  testRefusals('GenerateDataKeyPairWithoutPlaintext', true, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'GenerateDataKeyPairWithoutPlaintext',
      more: () => more,
      aliases: true,
      key: () => key,
    }),
    ...useRefusals({ input: (KeyId) => ({ KeyId, ...more }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    ...pairRefusals(
      'GenerateDataKeyPairWithoutPlaintext',
      () => key,
      () => hmac,
    ),
  ]);
});
