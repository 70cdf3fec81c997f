import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  key = await aKey(caller);
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => caller[Symbol.dispose]());

describe('UntagResource', () => {
  test('drops tags; one that is not there is no error', async () => {
    const own = await aKey(caller, { Tags: [1, 2, 3].map((n) => ({ TagKey: `k${String(n)}`, TagValue: 'v' })) });
    const answer = await caller.ok('UntagResource', { KeyId: own.id, TagKeys: ['k1', 'k3', 'unknown'] });
    expect(answer.http.text).toBe('');
    const { body } = await caller.ok('ListResourceTags', { KeyId: own.id });
    expect(body['Tags']).toEqual([{ TagKey: 'k2', TagValue: 'v' }]);
    await expectRecord(caller, 'UntagResource', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.id, tagKeys: ['k1', 'k3', 'unknown'] },
      responseElements: { keyId: own.arn },
    });
  });

  testRefusals('UntagResource', false, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'UntagResource', more: () => ({ TagKeys: ['a'] }), aliases: false, key: () => key }),
    {
      name: 'a key that is pending deletion keeps its tags',
      input: () => ({ KeyId: doomed.id, TagKeys: ['a'] }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'missing tag keys are invalid',
      input: () => ({ KeyId: key.id }),
      error: 'ValidationException',
      message: "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    },
  ]);
});
