import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KeyQuota } from '../src/store/key-quota.ts';
import { ACCOUNT, KeyStore, keyIdAt, REGION } from './support/key-store.ts';

let store: KeyStore;
beforeAll(async () => {
  store = await KeyStore.start();
  await store.fill(3);
}, 120_000);
afterAll(() => store[Symbol.asyncDispose]());

const check = (quota: KeyQuota, region = REGION, account = ACCOUNT) => quota.check(store.db, region, account);

describe('the quota of keys', () => {
  test('lets an account have so many, in each Region, whatever others have', async () => {
    const quota = new KeyQuota(3, () => performance.now());
    await expect(check(quota)).rejects.toMatchObject({ code: 'LimitExceededException' });
    await check(quota, 'eu-west-1');
    await check(quota, REGION, '222222222222');
    await check(new KeyQuota(4, () => performance.now()));
  });

  test('gives room again when a key is gone', async () => {
    const quota = new KeyQuota(3, () => performance.now());
    await expect(check(quota)).rejects.toMatchObject({ code: 'LimitExceededException' });
    await store.db.query('delete from keys where key_id = $1', [keyIdAt(3)]);
    await check(quota);
  });

  test('is not counted for each key while there is much room, but again after a while', async () => {
    let nowMs = 0;
    let counts = 0;
    const query: typeof store.db.query = (...asked) => {
      counts++;
      return store.db.query(...asked);
    };
    const quota = new KeyQuota(100_000, () => nowMs);
    for (let key = 0; key < 10; key++) await quota.check({ query }, REGION, ACCOUNT);
    expect(counts).toBe(1);
    nowMs += 10_000;
    await quota.check({ query }, REGION, ACCOUNT);
    expect(counts).toBe(2);
  });
});
