import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cloudtrail } from '@trent/contracts';
import { insertMessages } from '../src/ingest/insert.ts';
import { lookupEvents, type LookupParts } from '../src/lookup/lookup-events.ts';
import { tokenKey } from '../src/lookup/token-key.ts';
import { startAuditDatabase, type AuditDatabase } from './support/audit-database.ts';
import { aDelivery } from './support/deliveries.ts';
import { ACCOUNT, aRecord, keyArn, REGION, user, type RecordWishes } from './support/records.ts';

/** Real backends on a machine that may be busy. */
jest.setTimeout(30_000);

const { LookupAttributeKey: Key } = cloudtrail;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Math.floor(Date.now() / 1000) * 1000;

let audit: AuditDatabase;
let parts: LookupParts;

/** One record a line: what it is, and how long ago. */
const trail: readonly (RecordWishes & { readonly eventId: string; readonly ageMs: number })[] = [
  { ageMs: 1000, operation: 'kms.Decrypt', resources: [keyArn(1)] },
  { ageMs: 1000, operation: 'kms.Encrypt', resources: [keyArn(1)] },
  { ageMs: 2 * HOUR, operation: 'kms.ReEncrypt', resources: [keyArn(1), keyArn(2)] },
  { ageMs: 3 * HOUR, operation: 'kms.DisableKey', resources: [keyArn(2)], identity: user('ops', 'AKIAOPS') },
  { ageMs: DAY, operation: 'kms.GenerateRandom', resources: [] },
  { ageMs: 5 * DAY, operation: 'sts.GetCallerIdentity', resources: [], identity: user('ops', 'AKIAOPS') },
  { ageMs: 80 * DAY, operation: 'kms.CreateKey', resources: [keyArn(2)] },
  { ageMs: 95 * DAY, operation: 'kms.CreateKey', resources: [keyArn(1)] },
  { ageMs: 0, operation: 'kms.Encrypt', accountId: '444455556666' },
  { ageMs: 0, operation: 'kms.Encrypt', region: 'eu-west-1' },
].map((row) => ({ ...row, eventId: randomUUID() }));
/** Ids by their place in the trail. */
const ids = (...places: number[]): string[] => places.map((place) => trail[place]?.eventId ?? '');
/** All that the account did in the Region within 90 days, newest first. */
const ALL = [0, 1, 2, 3, 4, 5, 6];

beforeAll(async () => {
  audit = await startAuditDatabase();
  // Oldest first, as they arrive.
  const records = trail.toReversed().map(({ ageMs, ...wishes }) => aRecord({ ...wishes, timeMs: now - ageMs }));
  await insertMessages(audit.db, [aDelivery({ body: records }).message], performance.now() + 5000);
  const key = await tokenKey(audit.db, randomBytes(32));
  parts = { db: audit.db, tokenKey: key, epochMs: () => now, now: () => performance.now() };
}, 30_000);
afterAll(async () => {
  await audit[Symbol.asyncDispose]();
});

type Request = Partial<cloudtrail.LookupEventsRequest>;

async function lookup(request: Request, scope = { accountId: ACCOUNT, region: REGION }): Promise<cloudtrail.LookupEventsResponse> {
  const message = { ...cloudtrail.LookupEventsRequest.create(), ...request };
  return lookupEvents(parts, message, { ...scope, deadline: performance.now() + 5000 });
}

const found = ({ events }: cloudtrail.LookupEventsResponse): (string | undefined)[] => events.map(({ eventId }) => eventId);
const by = (attributeKey: cloudtrail.LookupAttributeKey, attributeValue: string): Request => ({
  lookupAttributes: [{ attributeKey, attributeValue }],
});

describe('look-up', () => {
  test('answers the account’s records of the Region and of 90 days, newest first', async () => {
    const answer = await lookup({});
    expect(found(answer)).toEqual(ids(...ALL));
    expect(answer.nextToken).toBeUndefined();
  });

  test('answers another account and another Region theirs alone', async () => {
    expect(found(await lookup({}, { accountId: '444455556666', region: REGION }))).toEqual(ids(8));
    expect(found(await lookup({}, { accountId: ACCOUNT, region: 'eu-west-1' }))).toEqual(ids(9));
    expect(found(await lookup(by(Key.LOOKUP_ATTRIBUTE_KEY_EVENT_ID, ids(8)[0] ?? '')))).toEqual([]);
  });

  test.each([
    ['EventName', Key.LOOKUP_ATTRIBUTE_KEY_EVENT_NAME, 'CreateKey', [6]],
    ['EventName of none', Key.LOOKUP_ATTRIBUTE_KEY_EVENT_NAME, 'PutKeyPolicy', []],
    ['ReadOnly true', Key.LOOKUP_ATTRIBUTE_KEY_READ_ONLY, 'true', [0, 1, 2, 4, 5]],
    ['ReadOnly false', Key.LOOKUP_ATTRIBUTE_KEY_READ_ONLY, 'false', [3, 6]],
    ['Username', Key.LOOKUP_ATTRIBUTE_KEY_USERNAME, 'ops', [3, 5]],
    ['ResourceType', Key.LOOKUP_ATTRIBUTE_KEY_RESOURCE_TYPE, 'AWS::KMS::Key', [0, 1, 2, 3, 6]],
    ['ResourceType of none', Key.LOOKUP_ATTRIBUTE_KEY_RESOURCE_TYPE, 'AWS::S3::Bucket', []],
    ['ResourceName, first and second', Key.LOOKUP_ATTRIBUTE_KEY_RESOURCE_NAME, keyArn(2), [2, 3, 6]],
    ['ResourceName', Key.LOOKUP_ATTRIBUTE_KEY_RESOURCE_NAME, keyArn(1), [0, 1, 2]],
    ['EventSource', Key.LOOKUP_ATTRIBUTE_KEY_EVENT_SOURCE, 'sts.amazonaws.com', [5]],
    ['AccessKeyId', Key.LOOKUP_ATTRIBUTE_KEY_ACCESS_KEY_ID, 'AKIAOPS', [3, 5]],
    ['EventId that is no id', Key.LOOKUP_ATTRIBUTE_KEY_EVENT_ID, "' or true --", []],
  ])('filters by %s, and pages through it one by one', async (_what, key, value, places) => {
    const request = by(key, value);
    expect(found(await lookup(request))).toEqual(ids(...places));
    const paged: (string | undefined)[] = [];
    for (let nextToken: string | undefined = ''; nextToken !== undefined;) {
      const page = await lookup({ ...request, maxResults: 1, nextToken });
      expect(page.events.length).toBeLessThanOrEqual(1);
      paged.push(...found(page));
      nextToken = page.nextToken;
    }
    expect(paged).toEqual(ids(...places));
  });

  test('filters by EventId', async () => {
    for (const place of ALL) expect(found(await lookup(by(Key.LOOKUP_ATTRIBUTE_KEY_EVENT_ID, ids(place)[0] ?? '')))).toEqual(ids(place));
  });

  test('keeps to the time range, both ends included', async () => {
    const at = (ageMs: number): Date => new Date(now - ageMs);
    expect(found(await lookup({ startTime: at(3 * HOUR), endTime: at(2 * HOUR) }))).toEqual(ids(2, 3));
    expect(found(await lookup({ startTime: at(4 * DAY) }))).toEqual(ids(0, 1, 2, 3, 4));
    expect(found(await lookup({ endTime: at(4 * DAY) }))).toEqual(ids(5, 6));
    expect(found(await lookup({ ...by(Key.LOOKUP_ATTRIBUTE_KEY_READ_ONLY, 'true'), startTime: at(3 * HOUR), endTime: at(HOUR) }))).toEqual(
      ids(2),
    );
    expect(found(await lookup({ startTime: at(-DAY) }))).toEqual([]);
  });

  test('answers each event with its columns, its resources and the record itself', async () => {
    const [event] = (await lookup(by(Key.LOOKUP_ATTRIBUTE_KEY_EVENT_NAME, 'ReEncrypt'))).events;
    expect(event).toMatchObject({
      eventId: ids(2)[0],
      eventName: 'ReEncrypt',
      readOnly: 'true',
      accessKeyId: 'AKIAROOT',
      eventTime: new Date(now - 2 * HOUR),
      eventSource: 'kms.amazonaws.com',
      username: 'root',
      resources: [
        { resourceType: 'AWS::KMS::Key', resourceName: keyArn(1) },
        { resourceType: 'AWS::KMS::Key', resourceName: keyArn(2) },
      ],
    });
    expect(JSON.parse(event?.cloudTrailEvent ?? '')).toMatchObject({ eventID: ids(2)[0], eventVersion: '1.11' });
  });

  test('pages without losing or repeating while new records come', async () => {
    const first = await lookup({ maxResults: 3 });
    expect(found(first)).toEqual(ids(0, 1, 2));
    await insertMessages(
      audit.db,
      [aDelivery({ batch: 2, body: [aRecord({ accountId: '777788889999' })] }).message],
      performance.now() + 5000,
    );
    const second = await lookup({ maxResults: 50, nextToken: first.nextToken });
    expect(found(second)).toEqual(ids(3, 4, 5, 6));
  });

  test('of insight events finds none', async () => {
    expect(await lookup({ eventCategory: cloudtrail.EventCategory.EVENT_CATEGORY_INSIGHT })).toEqual({ events: [], nextToken: undefined });
  });

  test('that has no time left for the whole range answers as far as it got, with a token to go on from', async () => {
    let clock = 0;
    const slow = { ...parts, now: () => (clock += 300) };
    const message = { ...cloudtrail.LookupEventsRequest.create(), ...by(Key.LOOKUP_ATTRIBUTE_KEY_EVENT_NAME, 'CreateKey') };
    const found: (string | undefined)[] = [];
    let pages = 0;
    for (let nextToken: string | undefined = ''; nextToken !== undefined; pages++) {
      const page = await lookupEvents(
        slow,
        { ...message, nextToken },
        { accountId: ACCOUNT, region: REGION, deadline: performance.now() + 5000 },
      );
      found.push(...page.events.map(({ eventId }) => eventId));
      nextToken = page.nextToken;
    }
    expect(found).toEqual(ids(6));
    expect(pages).toBeGreaterThan(1);
  });
});

describe('bad look-ups', () => {
  const attribute = { attributeKey: Key.LOOKUP_ATTRIBUTE_KEY_EVENT_NAME, attributeValue: 'Encrypt' };
  test.each<[string, Request, string]>([
    ['two attributes', { lookupAttributes: [attribute, attribute] }, 'InvalidLookupAttributesException'],
    ['an attribute without a key', { lookupAttributes: [{ attributeValue: 'x' }] }, 'InvalidLookupAttributesException'],
    ['an attribute without a value', { lookupAttributes: [{ ...attribute, attributeValue: '' }] }, 'InvalidLookupAttributesException'],
    ['ReadOnly that is neither', by(Key.LOOKUP_ATTRIBUTE_KEY_READ_ONLY, 'maybe'), 'InvalidLookupAttributesException'],
    ['a range that ends before it starts', { startTime: new Date(2000), endTime: new Date(1000) }, 'InvalidTimeRangeException'],
    ['a time that is none', { startTime: new Date(NaN) }, 'InvalidTimeRangeException'],
    ['no results asked for', { maxResults: 0 }, 'InvalidMaxResultsException'],
    ['too many results asked for', { maxResults: 51 }, 'InvalidMaxResultsException'],
    ['an unknown category', { eventCategory: 9 as cloudtrail.EventCategory }, 'InvalidEventCategoryException'],
    ['a token of nobody', { nextToken: 'AAAA' }, 'InvalidNextTokenException'],
  ])('%s: refused', async (_what, request, code) => {
    await expect(lookup(request)).rejects.toMatchObject({ code });
  });

  test('a token serves the question that it came from alone', async () => {
    const { nextToken } = await lookup({ maxResults: 1 });
    expect(nextToken).toBeDefined();
    const refused = { code: 'InvalidNextTokenException' };
    await expect(lookup({ maxResults: 1, nextToken }, { accountId: '444455556666', region: REGION })).rejects.toMatchObject(refused);
    await expect(lookup({ ...by(Key.LOOKUP_ATTRIBUTE_KEY_USERNAME, 'ops'), nextToken })).rejects.toMatchObject(refused);
    await expect(lookup({ startTime: new Date(0), nextToken })).rejects.toMatchObject(refused);
    const bytes = Buffer.from(nextToken ?? '', 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const tampered = Buffer.from(bytes);
      tampered[i] = (tampered[i] ?? 0) ^ 1;
      await expect(lookup({ maxResults: 1, nextToken: tampered.toString('base64url') })).rejects.toMatchObject(refused);
    }
  });

  test('all replicas share the tokens’ key', async () => {
    expect(await tokenKey(audit.db, randomBytes(32))).toEqual(parts.tokenKey);
  });
});
