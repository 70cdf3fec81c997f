import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, tampered, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('GenerateDataKey', () => {
  const EncryptionContext = { tenant: 'blue' };

  test.each([
    { name: 'AES_256', input: { KeySpec: 'AES_256' }, bytes: 32, shown: { keySpec: 'AES_256' } },
    { name: 'AES_128', input: { KeySpec: 'AES_128' }, bytes: 16, shown: { keySpec: 'AES_128' } },
    { name: '1,024 bytes', input: { NumberOfBytes: 1024 }, bytes: 1024, shown: { numberOfBytes: 1024 } },
  ])('makes a data key of $name, closed for Decrypt', async ({ input, bytes, shown }) => {
    const answer = await caller.ok('GenerateDataKey', { KeyId: key.id, EncryptionContext, ...input });
    const { CiphertextBlob, KeyMaterialId } = answer.body;
    const opened = await caller.ok('Decrypt', { CiphertextBlob, EncryptionContext });
    expect(Buffer.from(String(opened.body['Plaintext']), 'base64')).toHaveLength(bytes);
    expect(answer.body).toEqual({ CiphertextBlob, Plaintext: opened.body['Plaintext'], KeyId: key.arn, KeyMaterialId });
    const record = await expectRecord(caller, 'GenerateDataKey', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id, encryptionContext: EncryptionContext, ...shown },
      responseElements: null,
      additionalEventData: { keyMaterialId: KeyMaterialId },
    });
    expect(JSON.stringify(record)).not.toContain(opened.body['Plaintext']);
  });

  test('two data keys are never the same, and a changed one is invalid', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => caller.ok('GenerateDataKey', { KeyId: key.id, NumberOfBytes: 16 })));
    const plaintexts = await Promise.all(
      [one, two].map(async (answer) => (await caller.ok('Decrypt', { CiphertextBlob: answer!.body['CiphertextBlob'] })).body['Plaintext']),
    );
    expect(plaintexts[0]).not.toBe(plaintexts[1]);
    const changed = tampered(String(one!.body['CiphertextBlob']));
    expect((await caller.kms('Decrypt', { CiphertextBlob: changed })).error).toBe('InvalidCiphertextException');
  });

  testRefusals('GenerateDataKey', true, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'GenerateDataKey',
      more: () => ({ KeySpec: 'AES_256' }),
      aliases: true,
      key: () => key,
    }),
    ...useRefusals({ input: (KeyId) => ({ KeyId, KeySpec: 'AES_256' }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    {
      name: 'a length is required',
      input: () => ({ KeyId: key.id }),
      error: 'ValidationException',
      message: 'Please specify either number of bytes or key spec.',
    },
    {
      name: 'two lengths are one too many',
      input: () => ({ KeyId: key.id, KeySpec: 'AES_256', NumberOfBytes: 32 }),
      error: 'ValidationException',
      message: 'Please specify either number of bytes or key spec.',
    },
    {
      name: '1,025 bytes are too many',
      input: () => ({ KeyId: key.id, NumberOfBytes: 1025 }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    },
  ]);
});
