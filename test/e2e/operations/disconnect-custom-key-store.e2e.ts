import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller } from '../fixtures/caller.ts';
import {
  aConnectedStore,
  ANOTHER_TOKEN,
  aStore,
  aStoreKey,
  aStoreOwner,
  connect,
  DEMONSTRATION,
  inState,
  UNKNOWN_STORE,
} from '../fixtures/key-stores.ts';
import { blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

let caller: Caller;
let store: string;
let disconnected: string;
let key: TestKey;
beforeAll(async () => {
  caller = await aStoreOwner();
  store = await aConnectedStore(caller);
  disconnected = await aStore(caller, ANOTHER_TOKEN);
  key = await aStoreKey(caller, store);
});
afterAll(() => caller[Symbol.dispose]());

describe('DisconnectCustomKeyStore', () => {
  test('from its answer on the keys of the store are unavailable, and work again when it is connected', async () => {
    const ciphertext = await encrypted(caller, key, 'kept');
    const KeyId = key.id;
    const answer = await caller.ok('DisconnectCustomKeyStore', { CustomKeyStoreId: store });
    expect(answer.body).toEqual({});
    const uses = [
      ['Encrypt', { KeyId, Plaintext: blob('x') }],
      ['Decrypt', { CiphertextBlob: ciphertext }],
      ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
      ['GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' }],
      ['ReEncrypt', { CiphertextBlob: ciphertext, DestinationKeyId: KeyId }],
    ] as const;
    for (const [operation, input] of uses) {
      expect([operation, await caller.kms(operation, input)]).toMatchObject([
        operation,
        { status: 400, error: 'KMSInvalidStateException', message: `${key.arn} is unavailable.` },
      ]);
    }
    expect((await caller.ok('DescribeKey', { KeyId })).body['KeyMetadata']).toMatchObject({ KeyState: 'Unavailable', Enabled: false });
    await expectRecord(caller, 'DisconnectCustomKeyStore', answer, { readOnly: false, additionalEventData: { clusterId: DEMONSTRATION } });
    await inState(caller, store, 'DISCONNECTED');
    await connect(caller, store);
    expect((await caller.ok('DescribeKey', { KeyId })).body['KeyMetadata']).toMatchObject({ KeyState: 'Enabled', Enabled: true });
    expect((await caller.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('kept'));
  });

  test('keys of a disconnected store are managed: disabled, enabled, tagged, doomed and saved, as it shows when it is connected again', async () => {
    const doomed = await aStoreKey(caller, store);
    const disabled = await aStoreKey(caller, store);
    await caller.ok('DisconnectCustomKeyStore', { CustomKeyStoreId: store });
    await caller.ok('DisableKey', { KeyId: disabled.id });
    await caller.ok('TagResource', { KeyId: disabled.id, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    await caller.ok('ScheduleKeyDeletion', { KeyId: doomed.id, PendingWindowInDays: 7 });
    const stateOf = async ({ id }: TestKey): Promise<unknown> =>
      ((await caller.ok('DescribeKey', { KeyId: id })).body['KeyMetadata'] as { KeyState: string }).KeyState;
    expect(await Promise.all([key, disabled, doomed].map(stateOf))).toEqual(['Unavailable', 'Unavailable', 'PendingDeletion']);
    await caller.ok('CancelKeyDeletion', { KeyId: doomed.id });
    await inState(caller, store, 'DISCONNECTED');
    await connect(caller, store);
    expect(await Promise.all([key, disabled, doomed].map(stateOf))).toEqual(['Enabled', 'Disabled', 'Disabled']);
    await caller.ok('EnableKey', { KeyId: disabled.id });
    await encrypted(caller, disabled, 'usable');
  });

  testRefusals('DisconnectCustomKeyStore', false, () => caller, [
    { name: 'an unknown store is not found', input: () => ({ CustomKeyStoreId: UNKNOWN_STORE }), error: 'CustomKeyStoreNotFoundException' },
    {
      name: 'a store that is not connected is not disconnected',
      input: () => ({ CustomKeyStoreId: disconnected }),
      error: 'CustomKeyStoreInvalidStateException',
    },
  ]);
});
