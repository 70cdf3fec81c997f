import { describe, expect, test } from '@jest/globals';
import { aDelivery } from '../../test/support/deliveries.ts';
import { aRecord, keyArn, root, user } from '../../test/support/records.ts';
import { readRecord } from './read-record.ts';

describe('a message', () => {
  test('of our publishers gives its records with their own text', () => {
    const records = [aRecord(), aRecord()];
    const { message } = aDelivery({ publisher: 'p', batch: 7, body: records, storedAtUs: 1_777_777_777_123_456 });
    expect(message).toMatchObject({ publisher: 'p', batch: '7', storedAtUs: 1_777_777_777_123_456, unreadable: [] });
    expect(message.records.map(({ record }) => record)).toEqual(records);
  });

  test.each([
    ['joined without our seams', (records: string[]) => `[${records.join(',')}]`],
    [
      'written over several lines',
      (records: string[]) =>
        JSON.stringify(
          records.map((record): unknown => JSON.parse(record)),
          null,
          2,
        ),
    ],
  ])('%s gives its records too', (_how, join) => {
    const records = [aRecord(), aRecord()];
    const { message } = aDelivery({ body: join(records) });
    expect(message.unreadable).toEqual([]);
    expect(message.records.map(({ record }) => record)).toEqual(records);
  });

  test('may be empty: a batch declared void', () => {
    expect(aDelivery({ body: [] }).message).toMatchObject({ records: [], unreadable: [] });
  });

  test('with one bad record gives the others and sets the bad one apart', () => {
    const { message } = aDelivery({ body: [aRecord(), '{"eventID":"x"}', aRecord()] });
    expect(message.records).toHaveLength(2);
    expect(message.unreadable).toEqual([{ item: 1, reason: 'eventID is no UUID', body: Buffer.from('{"eventID":"x"}') }]);
  });

  test.each([
    ['no publisher', { publisher: '' }],
    ['a publisher of odd characters', { publisher: 'a b' }],
    ['a batch that is no number', { batch: 'x' }],
    ['a batch beyond bounds', { batch: '9'.repeat(16) }],
    ['a body that is no array', { body: '{}' }],
    ['a body that is no JSON', { body: 'hello' }],
  ])('with %s is unreadable as a whole and kept', (_what, wish) => {
    const { message } = aDelivery({ body: [aRecord()], ...wish });
    expect(message.records).toEqual([]);
    expect(message.publisher).toBe('');
    expect(message.unreadable).toMatchObject([{ item: -1 }]);
    expect(message.unreadable[0]?.body.length).toBeGreaterThan(0);
  });
});

describe('a record', () => {
  const change = (changes: object): string => JSON.stringify({ ...(JSON.parse(aRecord()) as object), ...changes });

  test.each([
    ['a user', user('ops', 'AKIA1'), 'ops', 'AKIA1'],
    ['root', root(), 'root', 'AKIAROOT'],
    [
      'a session of a role',
      { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/Builder/ci', accessKeyId: 'ASIA1' },
      'ci',
      'ASIA1',
    ],
    ['KMS itself', { accountId: '111122223333', invokedBy: 'AWS Internal' }, 'AWS Internal', ''],
    ['nobody', null, '', ''],
  ])('of %s is found by their name and access key', (_who, userIdentity, username, accessKeyId) => {
    expect(readRecord(change({ userIdentity }))).toMatchObject({ username, accessKeyId });
  });

  test('is found by every ARN it names', () => {
    expect(readRecord(aRecord({ resources: [keyArn(1), keyArn(2)] }))).toMatchObject({ resourceNames: [keyArn(1), keyArn(2)] });
    expect(readRecord(change({ resources: null }))).toMatchObject({ resourceNames: [] });
  });

  test.each([
    ['[]', 'not a JSON object on one line'],
    ['{"a":', 'not a JSON object on one line'],
    ['{\n}', 'not a JSON object on one line'],
    [change({ eventID: 7 }), 'eventID is no UUID'],
    [change({ eventTime: 'yesterday' }), 'eventTime is no time'],
    [change({ recipientAccountId: '1' }), 'recipientAccountId is no account'],
    [change({ eventName: '' }), 'awsRegion, eventName or eventSource is missing'],
    [change({ readOnly: 'true' }), 'readOnly is no boolean'],
  ])('%s is none: %s', (text, reason) => {
    expect(readRecord(text)).toBe(reason);
  });

  test('with control characters or overlong names still fits its columns', () => {
    const record = readRecord(change({ userIdentity: { userName: 'a\0b\nc\x1fd' }, eventName: 'E'.repeat(5000) }));
    expect(record).toMatchObject({ username: 'a\uFFFDb\uFFFDc\uFFFDd', eventName: 'E'.repeat(512) });
  });
});
