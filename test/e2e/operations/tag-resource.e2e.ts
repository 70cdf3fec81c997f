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

type Tags = { TagKey: string; TagValue: string }[];
const tagsOf = async (KeyId: string): Promise<Tags> => (await caller.ok('ListResourceTags', { KeyId })).body['Tags'] as Tags;
const numbered = (count: number, from = 0): Tags =>
  Array.from({ length: count }, (_, index) => ({ TagKey: `k${String(from + index)}`, TagValue: '' }));

describe('TagResource', () => {
  test('adds tags and overwrites those that are there; keys differ by case', async () => {
    const own = await aKey(caller, { Tags: [{ TagKey: 'team', TagValue: 'blue' }] });
    const Tags = [
      { TagKey: 'team', TagValue: 'red' },
      { TagKey: 'Team', TagValue: 'Grün + 1' },
    ];
    const answer = await caller.ok('TagResource', { KeyId: own.arn, Tags });
    expect(answer.http.text).toBe('');
    expect(new Set(await tagsOf(own.id))).toEqual(new Set(Tags));
    await expectRecord(caller, 'TagResource', answer, {
      readOnly: false,
      resources: [own.arn],
      requestParameters: { keyId: own.arn, tags: Tags.map(({ TagKey, TagValue }) => ({ tagKey: TagKey, tagValue: TagValue })) },
      responseElements: { keyId: own.arn },
    });
  });

  test('fifty tags are the most; a key that has them can still be given new values', async () => {
    const own = await aKey(caller, { Tags: numbered(50) });
    const refused = await caller.kms('TagResource', { KeyId: own.id, Tags: numbered(1, 50) });
    expect(refused).toMatchObject({ status: 400, error: 'LimitExceededException' });
    await caller.ok('TagResource', { KeyId: own.id, Tags: [{ TagKey: 'k0', TagValue: 'new' }] });
    const tags = await tagsOf(own.id);
    expect(tags).toHaveLength(50);
    expect(tags).toContainEqual({ TagKey: 'k0', TagValue: 'new' });
  });

  testRefusals('TagResource', false, () => caller, [
    ...keyRefusals({
      caller: () => caller,
      action: 'TagResource',
      more: () => ({ Tags: numbered(1) }),
      aliases: false,
      key: () => key,
    }),
    {
      name: 'a key that is pending deletion is not tagged',
      input: () => ({ KeyId: doomed.id, Tags: numbered(1) }),
      error: 'KMSInvalidStateException',
      message: () => `${doomed.arn} is pending deletion.`,
    },
    {
      name: 'a reserved tag is refused, in any case',
      input: () => ({ KeyId: key.id, Tags: [{ TagKey: 'AWS:x', TagValue: '1' }] }),
      error: 'TagException',
      message: 'Tags beginning with aws: are reserved',
    },
    {
      name: 'a tag twice is refused',
      input: () => ({ KeyId: key.id, Tags: [...numbered(1), ...numbered(1)] }),
      error: 'TagException',
      message: 'Duplicate tag keys',
    },
    {
      name: 'more than fifty tags at once are refused',
      input: () => ({ KeyId: key.id, Tags: numbered(51) }),
      error: 'TagException',
      message: 'Too many tags',
    },
    {
      name: 'a tag of other characters is refused',
      input: () => ({ KeyId: key.id, Tags: [{ TagKey: 'a', TagValue: 'b;c' }] }),
      error: 'TagException',
      message: 'Tags contain invalid characters',
    },
    {
      name: 'a tag key that is too long is invalid',
      input: () => ({ KeyId: key.id, Tags: [{ TagKey: 'k'.repeat(129), TagValue: '' }] }),
      error: 'ValidationException',
      message: /at 'tags\.1\.member\.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128$/,
    },
  ]);
});
