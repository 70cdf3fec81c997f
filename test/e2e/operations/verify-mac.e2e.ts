import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, blob, tampered, type TestKey } from '../fixtures/keys.ts';
import { MAC_KEYS, macRefusals } from '../fixtures/mac-keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
const usage = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' };
const Message = blob('orders');
let key: TestKey;
let symmetric: TestKey;
let disabled: TestKey;
let doomed: TestKey;
let mac: string;
beforeAll(async () => {
  key = await aKey(caller, usage);
  symmetric = await aKey(caller);
  disabled = await aKey(caller, { ...usage, state: 'Disabled' });
  doomed = await aKey(caller, { ...usage, state: 'PendingDeletion' });
  mac = String((await caller.ok('GenerateMac', { KeyId: key.id, MacAlgorithm: 'HMAC_SHA_256', Message })).body['Mac']);
});
afterAll(() => caller[Symbol.dispose]());

describe('VerifyMac', () => {
  const input = (more: Record<string, unknown> = {}) => ({ KeyId: key.id, MacAlgorithm: 'HMAC_SHA_256', Message, Mac: mac, ...more });

  test.each(MAC_KEYS)('finds that a tag of $MacAlgorithm is valid', async ({ KeySpec, MacAlgorithm }) => {
    const own = await aKey(caller, { KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
    const { body } = await caller.ok('GenerateMac', { KeyId: own.id, MacAlgorithm, Message });
    const answer = await caller.ok('VerifyMac', { KeyId: own.id, MacAlgorithm, Message, Mac: body['Mac'] });
    expect(answer.body).toEqual({ KeyId: own.arn, MacValid: true, MacAlgorithm });
    const record = await expectRecord(caller, 'VerifyMac', answer, {
      readOnly: true,
      resources: [own.arn],
      requestParameters: { keyId: own.id, macAlgorithm: MacAlgorithm },
      responseElements: null,
    });
    for (const hidden of [body['Mac'], Message]) expect(JSON.stringify(record)).not.toContain(hidden);
  });

  test('a tag of another key, with the same message, is not valid', async () => {
    const other = createHmac('sha256', Buffer.alloc(32)).update('orders').digest('base64');
    expect(await caller.kms('VerifyMac', input({ Mac: other }))).toMatchObject({ status: 400, error: 'KMSInvalidMacException' });
  });

  testRefusals('VerifyMac', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'VerifyMac', more: () => input(), aliases: true, key: () => key }),
    ...useRefusals({ input: (KeyId) => input({ KeyId }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    ...macRefusals('VerifyMac', { MacAlgorithm: 'HMAC_SHA_256', Message, Mac: 'AA==' }, { key: () => key, symmetric: () => symmetric }),
    { name: 'a tag with one bit turned is not valid', input: () => input({ Mac: tampered(mac) }), error: 'KMSInvalidMacException' },
    { name: 'a tag that is cut short is not valid', input: () => input({ Mac: mac.slice(0, 40) }), error: 'KMSInvalidMacException' },
    { name: 'a tag that is too long is not valid', input: () => input({ Mac: blob(Buffer.alloc(6144)) }), error: 'KMSInvalidMacException' },
    { name: 'a tag of another message is not valid', input: () => input({ Message: blob('order') }), error: 'KMSInvalidMacException' },
    {
      name: 'a tag of 6,145 bytes is invalid',
      input: () => input({ Mac: blob(Buffer.alloc(6145)) }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value at 'mac' failed to satisfy constraint: Member must have length less than or equal to 6144",
    },
  ]);
});
