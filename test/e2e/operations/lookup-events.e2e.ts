import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller, type Answer } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { recordOf, type AuditRecord } from '../fixtures/records.ts';

const caller = new Caller({ account: await anotherAccount(testCluster()) });
const RANDOMS = 7;
let key: TestKey;
let randoms: Answer[] = [];
let record: AuditRecord;
beforeAll(async () => {
  key = await aKey(caller);
  await caller.kms('DescribeKey', { KeyId: 'alias/unknown' });
  randoms = await Promise.all(Array.from({ length: RANDOMS }, () => caller.ok('GenerateRandom', { NumberOfBytes: 1 })));
  for (const answer of randoms) record = await recordOf(caller, 'GenerateRandom', answer);
});
afterAll(() => caller[Symbol.dispose]());

interface Event {
  readonly EventId: string;
  readonly EventName: string;
  readonly EventTime: number;
  readonly CloudTrailEvent: string;
}

async function lookUp(input: object): Promise<Event[]> {
  const { body, status, http } = await caller.trail('LookupEvents', { ...input });
  if (status !== 200) throw new Error(http.text);
  return body['Events'] as Event[];
}

const by = (AttributeKey: string, AttributeValue: string): object => ({ LookupAttributes: [{ AttributeKey, AttributeValue }] });

describe('LookupEvents', () => {
  test.each([
    { name: 'the event name', filter: () => by('EventName', 'GenerateRandom'), count: RANDOMS },
    { name: 'the event id', filter: () => by('EventId', String(record['eventID'])), count: 1 },
    { name: 'the key', filter: () => by('ResourceName', key.arn), count: 1 },
    { name: 'who changes nothing', filter: () => by('ReadOnly', 'false'), count: 1 },
    { name: 'an access key that is not ours', filter: () => by('AccessKeyId', 'AKIAIOSFODNN7EXAMPLE'), count: 0 },
    { name: 'a name that nothing has', filter: () => by('EventName', 'Nothing'), count: 0 },
  ])('finds records by $name', async ({ filter, count }) => {
    expect(await lookUp(filter())).toHaveLength(count);
  });

  test("finds records by access key, source and user, this account's alone, newest first", async () => {
    const events = await lookUp(by('AccessKeyId', caller.account.accessKeyId));
    const ours = events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent) as AuditRecord);
    expect(ours.length).toBeGreaterThanOrEqual(RANDOMS + 2);
    expect(new Set(ours.map(({ recipientAccountId }) => recipientAccountId))).toEqual(new Set([caller.account.accountId]));
    const times = events.map(({ EventTime }) => EventTime);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect((await lookUp({ ...by('EventSource', 'kms.amazonaws.com'), MaxResults: 50 })).length).toBeGreaterThanOrEqual(RANDOMS + 2);
  });

  test('an event names the columns that it can be found by', async () => {
    const [event] = await lookUp(by('ResourceName', key.arn));
    expect(event).toEqual({
      EventId: expect.any(String),
      EventName: 'CreateKey',
      ReadOnly: 'false',
      AccessKeyId: caller.account.accessKeyId,
      EventTime: expect.any(Number),
      EventSource: 'kms.amazonaws.com',
      Username: expect.any(String),
      Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: key.arn }],
      CloudTrailEvent: expect.any(String),
    });
  });

  test('pages, each record once', async () => {
    const ids: string[] = [];
    let token: unknown;
    do {
      const { body } = await caller.trail('LookupEvents', {
        ...by('EventName', 'GenerateRandom'),
        MaxResults: 3,
        ...(token === undefined ? {} : { NextToken: token }),
      });
      ids.push(
        ...(body['Events'] as Event[]).map(({ CloudTrailEvent }) => String((JSON.parse(CloudTrailEvent) as AuditRecord)['requestID'])),
      );
      token = body['NextToken'];
    } while (token !== undefined);
    expect(ids.toSorted()).toEqual(randoms.map(({ requestId }) => requestId).toSorted());
  });

  test('finds nothing in a time before the account was there', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await lookUp({ StartTime: now - 7200, EndTime: now - 3600 })).toEqual([]);
    expect((await lookUp({ StartTime: now - 3600, EndTime: now + 60 })).length).toBeGreaterThan(0);
  });

  test.each([
    { name: 'a token that the service did not make', input: { NextToken: 'x' }, error: 'InvalidNextTokenException' },
    {
      name: 'two attributes',
      input: {
        LookupAttributes: [
          { AttributeKey: 'EventName', AttributeValue: 'a' },
          { AttributeKey: 'EventId', AttributeValue: 'b' },
        ],
      },
      error: 'InvalidLookupAttributesException',
    },
    { name: 'a start after the end', input: { StartTime: 2_000_000_000, EndTime: 1_000_000_000 }, error: 'InvalidTimeRangeException' },
    {
      name: 'an attribute that does not exist',
      input: { LookupAttributes: [{ AttributeKey: 'Colour', AttributeValue: 'a' }] },
      error: 'ValidationException',
    },
  ])('$name is refused', async ({ input, error }) => {
    expect(await caller.trail('LookupEvents', input)).toMatchObject({ status: 400, error });
  });
});
