import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller, Members } from '../fixtures/caller.ts';
import { ANOTHER_TOKEN, aStore, aStoreOwner, DEMONSTRATION, UNKNOWN_STORE } from '../fixtures/key-stores.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

let caller: Caller;
let stores: readonly string[];
beforeAll(async () => {
  caller = await aStoreOwner();
  const made = [
    await aStore(caller, DEMONSTRATION, { CustomKeyStoreName: 'one' }),
    await aStore(caller, ANOTHER_TOKEN, { CustomKeyStoreName: 'two' }),
  ];
  stores = made.sort();
});
afterAll(() => caller[Symbol.dispose]());

const idsIn = (body: Members): unknown[] => (body['CustomKeyStores'] as Members[]).map((entry) => entry['CustomKeyStoreId']);

describe('DescribeCustomKeyStores', () => {
  test('tells of all stores of the account, and of no other account’s', async () => {
    const other = await aStoreOwner();
    await aStore(other);
    const answer = await caller.ok('DescribeCustomKeyStores');
    expect(idsIn(answer.body)).toEqual(stores);
    expect(answer.body['Truncated']).toBe(false);
    await expectRecord(caller, 'DescribeCustomKeyStores', answer, { readOnly: true, responseElements: null });
    other[Symbol.dispose]();
  });

  test('tells of one by its id or its name', async () => {
    for (const CustomKeyStoreId of stores) {
      const { body } = await caller.ok('DescribeCustomKeyStores', { CustomKeyStoreId });
      expect(idsIn(body)).toEqual([CustomKeyStoreId]);
      const [entry] = body['CustomKeyStores'] as Members[];
      const { body: byName } = await caller.ok('DescribeCustomKeyStores', { CustomKeyStoreName: entry?.['CustomKeyStoreName'] });
      expect(byName['CustomKeyStores']).toEqual([entry]);
    }
  });

  test('gives pages, each store once', async () => {
    const first = await caller.ok('DescribeCustomKeyStores', { Limit: 1 });
    expect(first.body['Truncated']).toBe(true);
    const second = await caller.ok('DescribeCustomKeyStores', { Limit: 1, Marker: first.body['NextMarker'] });
    expect(second.body['Truncated']).toBe(false);
    expect([...idsIn(first.body), ...idsIn(second.body)]).toEqual(stores);
  });

  testRefusals('DescribeCustomKeyStores', true, () => caller, [
    { name: 'an unknown id is not found', input: () => ({ CustomKeyStoreId: UNKNOWN_STORE }), error: 'CustomKeyStoreNotFoundException' },
    { name: 'an unknown name is not found', input: () => ({ CustomKeyStoreName: 'three' }), error: 'CustomKeyStoreNotFoundException' },
    {
      name: 'id and name are not given together',
      input: () => ({ CustomKeyStoreId: stores[0], CustomKeyStoreName: 'one' }),
      error: 'ValidationException',
      message: 'You cannot specify CustomKeyStoreId and CustomKeyStoreName in the same request.',
    },
    { name: 'a marker of nobody’s making is invalid', input: () => ({ Marker: 'AAAA' }), error: 'InvalidMarkerException' },
  ]);
});
