import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { metadata } from '@trent/contracts';
import type { Logger } from '@trent/bootstrap';
import { anAuthorization, KEY_ARN, KEY_ID, REGION } from '../road.fixture.ts';
import { KeyUsage, type Use } from './key-usage.ts';

const { keys } = anAuthorization();
const quiet = { warn: () => undefined } as unknown as Logger;
const aUse = (parts: Partial<Use> = {}): Use => ({ operation: 'Encrypt', eventId: 'event', requestId: 'request', atMs: 1_000, ...parts });

let reports: metadata.KeyUse[][] = [];
let isDown = false;
let usage: KeyUsage;
beforeEach(() => {
  [reports, isDown] = [[], false];
  usage = new KeyUsage((uses) => {
    if (isDown) return Promise.reject(new Error('down'));
    reports.push(uses);
    return Promise.resolve();
  }, quiet);
});
afterEach(() => usage.close());

describe('the last use of a key', () => {
  test('is reported once, whatever came before it', async () => {
    usage.note(keys, aUse({ operation: 'Decrypt', atMs: 1_000 }));
    usage.note(keys, aUse({ operation: 'Encrypt', eventId: 'e2', requestId: 'r2', atMs: 2_000 }));
    usage.note(keys, aUse({ operation: 'Sign', atMs: 500 }));
    await usage.flush();
    await usage.flush();
    expect(reports).toEqual([[{ region: REGION, keyId: KEY_ID, operation: 'Encrypt', usedAtMs: 2_000n, eventId: 'e2', requestId: 'r2' }]]);
  });

  test('is noted for both keys of a re-encryption', async () => {
    const other = { ...keys[0]!, keyArn: KEY_ARN.replace(KEY_ID, 'other') };
    usage.note([...keys, other], aUse({ operation: 'ReEncrypt' }));
    await usage.flush();
    expect(reports[0]?.map(({ keyId, operation }) => [keyId, operation])).toEqual([
      [KEY_ID, 'ReEncrypt'],
      ['other', 'ReEncrypt'],
    ]);
  });

  test('is held while it can not be reported, unless a newer one came', async () => {
    usage.note(keys, aUse({ eventId: 'old' }));
    const other = [{ ...keys[0]!, keyArn: KEY_ARN.replace(KEY_ID, 'other') }];
    usage.note(other, aUse({ eventId: 'kept' }));
    isDown = true;
    const failed = usage.flush();
    await Promise.resolve();
    usage.note(keys, aUse({ eventId: 'new', atMs: 2_000 }));
    await failed;
    isDown = false;
    await usage.flush();
    expect(
      reports
        .flat()
        .map(({ eventId }) => eventId)
        .sort(),
    ).toEqual(['kept', 'new']);
  });

  test('is reported by a thousand keys at a time, and when the gateway ends', async () => {
    for (let key = 0; key < 2_500; key++) usage.note([{ ...keys[0]!, keyArn: `${KEY_ARN}${String(key)}` }], aUse());
    expect(usage.state).toEqual({ keys: 2_500 });
    await usage.close();
    expect(reports.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  });
});
