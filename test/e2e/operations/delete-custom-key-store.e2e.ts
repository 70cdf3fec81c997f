import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import type { Caller } from '../fixtures/caller.ts';
import {
  aConnectedStore,
  ANOTHER_TOKEN,
  aStore,
  aStoreKey,
  aStoreOwner,
  connect,
  DEMONSTRATION,
  disconnect,
  objectsIn,
  UNKNOWN_STORE,
} from '../fixtures/key-stores.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';
import { makeDue, serviceEvent } from '../fixtures/time.ts';

const SWEPT_MS = 20_000;
let caller: Caller;
let connected: string;
let full: string;
beforeAll(async () => {
  caller = await aStoreOwner();
  connected = await aConnectedStore(caller, ANOTHER_TOKEN);
  full = await aConnectedStore(caller, DEMONSTRATION);
  const key = await aStoreKey(caller, full);
  await caller.ok('ScheduleKeyDeletion', { KeyId: key.id, PendingWindowInDays: 7 });
  await disconnect(caller, full);
});
afterAll(() => caller[Symbol.dispose]());

describe('DeleteCustomKeyStore', () => {
  test('removes a store without keys; its name and cluster are free again', async () => {
    const owner = await aStoreOwner();
    const CustomKeyStoreId = await aStore(owner, DEMONSTRATION, { CustomKeyStoreName: 'again' });
    const answer = await owner.ok('DeleteCustomKeyStore', { CustomKeyStoreId });
    expect(answer.body).toEqual({});
    expect(await owner.kms('DescribeCustomKeyStores', { CustomKeyStoreId })).toMatchObject({ error: 'CustomKeyStoreNotFoundException' });
    await expectRecord(owner, 'DeleteCustomKeyStore', answer, {
      readOnly: false,
      requestParameters: { customKeyStoreId: CustomKeyStoreId },
      additionalEventData: { customKeyStoreName: 'again', clusterId: DEMONSTRATION },
    });
    await aStore(owner, DEMONSTRATION, { CustomKeyStoreName: 'again' });
    owner[Symbol.dispose]();
  });

  test('once the last key’s waiting time is over, its object is gone from the token, as the record says, and the store can be deleted', async () => {
    const owner = await aStoreOwner();
    const CustomKeyStoreId = await aConnectedStore(owner);
    const labelOf = (id: string): string => `trent/key/${owner.region}/${id}`;
    const labels = async (): Promise<unknown[]> => (await objectsIn(DEMONSTRATION)).map(({ label }) => label);
    const [first, second] = [await aStoreKey(owner, CustomKeyStoreId), await aStoreKey(owner, CustomKeyStoreId)];
    expect(await labels()).toEqual(expect.arrayContaining([labelOf(first.id), labelOf(second.id)]));
    const end = async ({ id, arn }: typeof first, deletionStatus: string): Promise<void> => {
      await owner.ok('ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: 7 });
      await makeDue(owner, 'delete-key', id);
      await waitUntil('the key to be gone', SWEPT_MS, async () =>
        (await owner.kms('DescribeKey', { KeyId: id })).error === 'NotFoundException' ? true : 'there',
      );
      expect(await serviceEvent(owner, 'DeleteKey', arn)).toMatchObject({
        serviceEventDetails: {
          keyId: id,
          customKeyStoreId: CustomKeyStoreId,
          clusterId: DEMONSTRATION,
          backingKeysDeletionStatus: [{ deletionStatus }],
        },
      });
    };
    await end(first, 'SUCCESS');
    expect(await labels()).not.toContain(labelOf(first.id));
    await disconnect(owner, CustomKeyStoreId);
    // What can not be reached is left behind, and said so.
    await end(second, 'FAILURE');
    expect(await labels()).toContain(labelOf(second.id));
    await owner.ok('DeleteCustomKeyStore', { CustomKeyStoreId });
    owner[Symbol.dispose]();
  });

  testRefusals('DeleteCustomKeyStore', false, () => caller, [
    { name: 'an unknown store is not found', input: () => ({ CustomKeyStoreId: UNKNOWN_STORE }), error: 'CustomKeyStoreNotFoundException' },
    {
      name: 'a connected store is to be disconnected first',
      input: () => ({ CustomKeyStoreId: connected }),
      error: 'CustomKeyStoreInvalidStateException',
    },
    {
      name: 'a store with a key is kept, also while the key waits for its deletion',
      input: () => ({ CustomKeyStoreId: full }),
      error: 'CustomKeyStoreHasCMKsException',
    },
  ]);

  test('a store that was kept works again', async () => {
    await connect(caller, full);
    await aStoreKey(caller, full);
  });
});
