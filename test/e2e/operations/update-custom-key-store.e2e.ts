import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller } from '../fixtures/caller.ts';
import {
  aConnectedStore,
  ANOTHER_TOKEN,
  aStore,
  aStoreOwner,
  connect,
  DEMONSTRATION,
  described,
  inState,
  passwordOf,
  RESTORED_COPY,
  UNKNOWN_STORE,
} from '../fixtures/key-stores.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

let caller: Caller;
let connected: string;
let disconnected: string;
beforeAll(async () => {
  caller = await aStoreOwner();
  connected = await aConnectedStore(caller);
  disconnected = await aStore(caller, ANOTHER_TOKEN, { CustomKeyStoreName: 'taken' });
});
afterAll(() => caller[Symbol.dispose]());

describe('UpdateCustomKeyStore', () => {
  test('a connected store takes a new name and stays connected', async () => {
    const answer = await caller.ok('UpdateCustomKeyStore', { CustomKeyStoreId: connected, NewCustomKeyStoreName: 'renamed' });
    expect(answer.body).toEqual({});
    expect(await described(caller, connected)).toMatchObject({ CustomKeyStoreName: 'renamed', ConnectionState: 'CONNECTED' });
    await expectRecord(caller, 'UpdateCustomKeyStore', answer, {
      readOnly: false,
      requestParameters: { customKeyStoreId: connected, newCustomKeyStoreName: 'renamed' },
      additionalEventData: { customKeyStoreName: 'renamed', clusterId: DEMONSTRATION },
    });
  });

  test('a disconnected store goes over to a cluster with the same certificate, under that one’s password', async () => {
    const owner = await aStoreOwner();
    const CustomKeyStoreId = await aStore(owner, DEMONSTRATION);
    const answer = await owner.ok('UpdateCustomKeyStore', {
      CustomKeyStoreId,
      CloudHsmClusterId: RESTORED_COPY,
      KeyStorePassword: passwordOf(RESTORED_COPY),
    });
    const record = await expectRecord(owner, 'UpdateCustomKeyStore', answer, { readOnly: false });
    expect(JSON.stringify(record)).not.toContain(passwordOf(RESTORED_COPY));
    expect(await described(owner, CustomKeyStoreId)).toMatchObject({ CloudHsmClusterId: RESTORED_COPY });
    await connect(owner, CustomKeyStoreId);
    owner[Symbol.dispose]();
  });

  test('a store that could not be connected changes nothing before it is disconnected', async () => {
    const owner = await aStoreOwner();
    const CustomKeyStoreId = await aStore(owner, DEMONSTRATION, { KeyStorePassword: 'not the password' });
    await owner.ok('ConnectCustomKeyStore', { CustomKeyStoreId });
    await inState(owner, CustomKeyStoreId, 'FAILED');
    for (const change of [{ KeyStorePassword: passwordOf(DEMONSTRATION) }, { NewCustomKeyStoreName: 'new' }]) {
      expect(await owner.kms('UpdateCustomKeyStore', { CustomKeyStoreId, ...change })).toMatchObject({
        error: 'CustomKeyStoreInvalidStateException',
      });
    }
    owner[Symbol.dispose]();
  });

  testRefusals('UpdateCustomKeyStore', false, () => caller, [
    {
      name: 'an unknown store is not found',
      input: () => ({ CustomKeyStoreId: UNKNOWN_STORE, NewCustomKeyStoreName: 'x' }),
      error: 'CustomKeyStoreNotFoundException',
    },
    {
      name: 'a connected store keeps its password',
      input: () => ({ CustomKeyStoreId: connected, KeyStorePassword: passwordOf(DEMONSTRATION) }),
      error: 'CustomKeyStoreInvalidStateException',
    },
    {
      name: 'a connected store keeps its cluster',
      input: () => ({ CustomKeyStoreId: connected, CloudHsmClusterId: RESTORED_COPY, NewCustomKeyStoreName: 'x' }),
      error: 'CustomKeyStoreInvalidStateException',
    },
    {
      name: 'the name of another store is in use',
      input: () => ({ CustomKeyStoreId: connected, NewCustomKeyStoreName: 'taken' }),
      error: 'CustomKeyStoreNameInUseException',
    },
    {
      name: 'a cluster with another certificate is not related',
      input: () => ({ CustomKeyStoreId: disconnected, CloudHsmClusterId: DEMONSTRATION }),
      error: 'CloudHsmClusterNotRelatedException',
    },
    {
      name: 'a cluster that the operator does not list is not found',
      input: () => ({ CustomKeyStoreId: disconnected, CloudHsmClusterId: 'cluster-nobodyListsIt' }),
      error: 'CloudHsmClusterNotFoundException',
    },
  ]);
});
