import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TrentClient } from '@trent/client';
import { Caller } from '../fixtures/caller.ts';
import { callersOfGateways } from '../fixtures/gateways.ts';
import { aKey, anAlias, blob, encrypted } from '../fixtures/keys.ts';
import { connectNative } from '../fixtures/native.ts';

/** Changes of one key that are tried one after another; test/chaos does it a thousand times, through three gateways. */
const TIMES = 15;
const caller = new Caller();
const gateways = callersOfGateways();
let trent: TrentClient;
beforeAll(() => {
  trent = connectNative();
});
afterAll(() => {
  trent.close();
  for (const each of [caller, ...gateways]) each[Symbol.dispose]();
});

const plaintext = Buffer.from('x');

describe('P7: a change is effective when it is answered', () => {
  test('DisableKey answered: the next request anywhere, on any wire, is refused; EnableKey answered: it is served', async () => {
    const key = await aKey(caller);
    const CiphertextBlob = await encrypted(caller, key, 'x');
    const ciphertextBlob = Buffer.from(CiphertextBlob, 'base64');
    const codeOf = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => undefined,
        (error: unknown) => (error as { code: string }).code,
      );
    const everywhere = async (): Promise<unknown[]> =>
      Promise.all([
        ...gateways.map(async (gateway) => (await gateway.kms('Encrypt', { KeyId: key.id, Plaintext: blob('x') })).error),
        ...gateways.map(async (gateway) => (await gateway.kms('Decrypt', { CiphertextBlob })).error),
        codeOf(trent.encrypt({ keyId: key.id, plaintext })),
        codeOf(trent.batch.encrypt({ keyId: key.id, plaintext })),
        codeOf(trent.batch.decrypt({ ciphertextBlob })),
      ]);
    for (let time = 0; time < TIMES; time++) {
      await caller.ok('DisableKey', { KeyId: key.id });
      expect(new Set(await everywhere())).toEqual(new Set(['DisabledException']));
      await caller.ok('EnableKey', { KeyId: key.id });
      expect(new Set(await everywhere())).toEqual(new Set([undefined]));
    }
  }, 60_000);

  test('whom a change does not concern never hears of it: no request fails while its keys are changed', async () => {
    const [key, other] = [await aKey(caller), await aKey(caller)];
    const CiphertextBlob = await encrypted(caller, key, 'x');
    const errors: unknown[] = [];
    let isChanging = true;
    const users = gateways.map(async (gateway) => {
      while (isChanging) {
        errors.push((await gateway.kms('Encrypt', { KeyId: key.id, Plaintext: blob('x') })).error);
        errors.push((await gateway.kms('ReEncrypt', { CiphertextBlob, DestinationKeyId: other.id })).error);
      }
    });
    for (let time = 0; time < 2 * TIMES; time++) {
      await caller.ok('TagResource', { KeyId: key.id, Tags: [{ TagKey: 'time', TagValue: String(time) }] });
      await caller.ok('TagResource', { KeyId: other.id, Tags: [{ TagKey: 'time', TagValue: String(time) }] });
    }
    isChanging = false;
    await Promise.all(users);
    expect(errors.length).toBeGreaterThan(TIMES);
    expect(errors.filter((error) => error !== undefined)).toEqual([]);
  }, 60_000);

  test('ScheduleKeyDeletion answered: refused at once; cancelled and enabled: served at once', async () => {
    const key = await aKey(caller);
    const use = async (): Promise<unknown> => (await caller.kms('Encrypt', { KeyId: key.id, Plaintext: blob('x') })).error;
    for (let time = 0; time < 3; time++) {
      await caller.ok('ScheduleKeyDeletion', { KeyId: key.id, PendingWindowInDays: 7 });
      expect(await use()).toBe('KMSInvalidStateException');
      await caller.ok('CancelKeyDeletion', { KeyId: key.id });
      expect(await use()).toBe('DisabledException');
      await caller.ok('EnableKey', { KeyId: key.id });
      expect(await use()).toBeUndefined();
    }
  }, 60_000);

  test('CreateKey and CreateAlias answered: key and name are there at once, also where they were just asked for in vain', async () => {
    for (let time = 0; time < 3; time++) {
      const key = await aKey(caller);
      const alias = await anAlias(caller, key);
      for (const gateway of gateways) expect((await gateway.ok('DescribeKey', { KeyId: alias })).status).toBe(200);
    }
  }, 60_000);
});
