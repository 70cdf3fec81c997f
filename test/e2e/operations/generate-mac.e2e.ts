import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anImportKey, importMaterial } from '../fixtures/imports.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, anAlias, blob, type TestKey } from '../fixtures/keys.ts';
import { MAC_KEYS, macRefusals } from '../fixtures/mac-keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { useRefusals } from '../fixtures/use-refusals.ts';

const caller = new Caller();
const usage = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' };
const more = { MacAlgorithm: 'HMAC_SHA_256', Message: blob('orders') };
let key: TestKey;
let symmetric: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller, usage);
  symmetric = await aKey(caller);
  disabled = await aKey(caller, { ...usage, state: 'Disabled' });
  doomed = await aKey(caller, { ...usage, state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('GenerateMac', () => {
  test.each(MAC_KEYS)(
    'with a key of $KeySpec makes a tag of $bytes bytes, the same each time',
    async ({ KeySpec, MacAlgorithm, bytes }) => {
      const own = await aKey(caller, { KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
      const input = { KeyId: own.id, MacAlgorithm, Message: blob('orders') };
      const answer = await caller.ok('GenerateMac', input);
      const { Mac } = answer.body;
      expect(answer.body).toEqual({ Mac, MacAlgorithm, KeyId: own.arn });
      expect(Buffer.from(String(Mac), 'base64')).toHaveLength(bytes);
      expect((await caller.ok('GenerateMac', input)).body['Mac']).toBe(Mac);
      expect((await caller.ok('GenerateMac', { ...input, Message: blob('order') })).body['Mac']).not.toBe(Mac);
      const record = await expectRecord(caller, 'GenerateMac', answer, {
        readOnly: true,
        resources: [own.arn],
        requestParameters: { keyId: own.id, macAlgorithm: MacAlgorithm },
        responseElements: null,
      });
      for (const hidden of [Mac, input.Message]) expect(JSON.stringify(record)).not.toContain(hidden);
    },
  );

  test.each(MAC_KEYS)(
    'with imported material of $KeySpec makes the tag that OpenSSL makes',
    async ({ KeySpec, MacAlgorithm, bytes, hash }) => {
      const own = await anImportKey(caller, { KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
      const material = randomBytes(bytes);
      await importMaterial(caller, own, material);
      const { body } = await caller.ok('GenerateMac', { KeyId: own.id, MacAlgorithm, Message: blob('orders') });
      expect(body['Mac']).toBe(createHmac(hash, material).update('orders').digest('base64'));
    },
  );

  test('takes 4,096 bytes, and the key by its alias', async () => {
    const alias = await anAlias(caller, key);
    const answer = await caller.ok('GenerateMac', { ...more, KeyId: alias, Message: blob(Buffer.alloc(4096)) });
    expect(answer.body['KeyId']).toBe(key.arn);
  });

  testRefusals('GenerateMac', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'GenerateMac', more: () => more, aliases: true, key: () => key }),
    ...useRefusals({ input: (KeyId) => ({ KeyId, ...more }), key: () => key, disabled: () => disabled, doomed: () => doomed }),
    ...macRefusals('GenerateMac', more, { key: () => key, symmetric: () => symmetric }),
  ]);
});
