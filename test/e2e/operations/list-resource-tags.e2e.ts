import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { keyRefusals } from '../fixtures/key-refusals.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller();
const Tags = [
  { TagKey: 'cost', TagValue: '' },
  { TagKey: 'team', TagValue: 'blue' },
];
let key: TestKey;
beforeAll(async () => {
  key = await aKey(caller, { Tags });
});
afterAll(() => caller[Symbol.dispose]());

describe('ListResourceTags', () => {
  test('gives the tags of a key', async () => {
    const answer = await caller.ok('ListResourceTags', { KeyId: key.id });
    expect(answer.body).toEqual({ Tags, Truncated: false });
    await expectRecord(caller, 'ListResourceTags', answer, {
      readOnly: true,
      resources: [key.arn],
      requestParameters: { keyId: key.id },
      responseElements: null,
    });
  });

  test('pages', async () => {
    const first = await caller.ok('ListResourceTags', { KeyId: key.id, Limit: 1 });
    expect(first.body).toMatchObject({ Tags: [Tags[0]], Truncated: true });
    const { body } = await caller.ok('ListResourceTags', { KeyId: key.id, Limit: 1, Marker: first.body['NextMarker'] });
    expect(body).toEqual({ Tags: [Tags[1]], Truncated: false });
  });

  testRefusals('ListResourceTags', true, () => caller, [
    ...keyRefusals({ caller: () => caller, action: 'ListResourceTags', aliases: false, key: () => key }),
    {
      name: 'a marker that the service did not make is refused',
      input: () => ({ KeyId: key.id, Marker: 'AAAA' }),
      error: 'InvalidMarkerException',
    },
  ]);
});
