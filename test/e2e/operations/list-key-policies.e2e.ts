import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
});
afterAll(() => caller[Symbol.dispose]());

describe('ListKeyPolicies', () => {
  test('lists the one name that there is', async () => {
    const answer = await caller.ok('ListKeyPolicies', { KeyId: key.id, Limit: 1 });
    expect(answer.body).toEqual({ PolicyNames: ['default'], Truncated: false });
    await expectRecord(caller, 'ListKeyPolicies', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id, limit: 1 },
      responseElements: null,
    });
  });

  testRefusals('ListKeyPolicies', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'ListKeyPolicies', aliases: false, key: () => key }),
    {
      name: 'a marker that the service did not make is refused',
      input: () => ({ KeyId: key.id, Marker: 'AAAA' }),
      error: 'InvalidMarkerException',
    },
  ]);
});
