import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller } from '../fixtures/caller.ts';
import {
  ANOTHER_TOKEN,
  aStore,
  aStoreOwner,
  connect,
  DEMONSTRATION,
  disconnect,
  inState,
  passwordOf,
  UNKNOWN_STORE,
} from '../fixtures/key-stores.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

let caller: Caller;
let failed: string;
beforeAll(async () => {
  caller = await aStoreOwner();
  failed = await aStore(caller, ANOTHER_TOKEN, { KeyStorePassword: 'not the password' });
  await caller.ok('ConnectCustomKeyStore', { CustomKeyStoreId: failed });
  await inState(caller, failed, 'FAILED');
});
afterAll(() => caller[Symbol.dispose]());

describe('ConnectCustomKeyStore', () => {
  test('is answered at once and connects, also when it is asked again', async () => {
    const owner = await aStoreOwner();
    const CustomKeyStoreId = await aStore(owner, DEMONSTRATION, { CustomKeyStoreName: 'connected' });
    const answer = await owner.ok('ConnectCustomKeyStore', { CustomKeyStoreId });
    expect(answer.body).toEqual({});
    await owner.ok('ConnectCustomKeyStore', { CustomKeyStoreId });
    const entry = await inState(owner, CustomKeyStoreId, 'CONNECTED');
    expect(entry).not.toHaveProperty('ConnectionErrorCode');
    expect((await owner.ok('ConnectCustomKeyStore', { CustomKeyStoreId })).body).toEqual({});
    expect(await inState(owner, CustomKeyStoreId, 'CONNECTED')).toEqual(entry);
    await expectRecord(owner, 'ConnectCustomKeyStore', answer, {
      readOnly: false,
      requestParameters: { customKeyStoreId: CustomKeyStoreId },
      additionalEventData: { customKeyStoreName: 'connected', clusterId: DEMONSTRATION },
    });
    owner[Symbol.dispose]();
  });

  test.each([
    [DEMONSTRATION, 'that the operator keeps the PIN of'],
    [ANOTHER_TOKEN, 'whose PIN is its user’s alone'],
  ])('with a wrong password a store of %s, %s, fails with INVALID_CREDENTIALS; with the right one it connects', async (clusterId) => {
    const owner = await aStoreOwner();
    const CustomKeyStoreId = await aStore(owner, clusterId, { KeyStorePassword: 'not the password' });
    await owner.ok('ConnectCustomKeyStore', { CustomKeyStoreId });
    expect(await inState(owner, CustomKeyStoreId, 'FAILED')).toMatchObject({ ConnectionErrorCode: 'INVALID_CREDENTIALS' });
    await disconnect(owner, CustomKeyStoreId);
    expect(await inState(owner, CustomKeyStoreId, 'DISCONNECTED')).not.toHaveProperty('ConnectionErrorCode');
    await owner.ok('UpdateCustomKeyStore', { CustomKeyStoreId, KeyStorePassword: passwordOf(clusterId) });
    await connect(owner, CustomKeyStoreId);
    owner[Symbol.dispose]();
  });

  testRefusals('ConnectCustomKeyStore', false, () => caller, [
    { name: 'an unknown store is not found', input: () => ({ CustomKeyStoreId: UNKNOWN_STORE }), error: 'CustomKeyStoreNotFoundException' },
    {
      name: 'a store that could not be connected is to be disconnected first',
      input: () => ({ CustomKeyStoreId: failed }),
      error: 'CustomKeyStoreInvalidStateException',
    },
  ]);
});
