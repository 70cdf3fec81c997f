import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller({ account: await anotherAccount(testCluster()) });
afterAll(() => caller[Symbol.dispose]());

interface Page {
  readonly Keys: { KeyId: string; KeyArn: string }[];
  readonly NextMarker?: string;
  readonly Truncated: boolean;
}

async function page(input: object): Promise<Page> {
  const { body } = await caller.ok('ListKeys', { ...input });
  return body as unknown as Page;
}

describe('ListKeys', () => {
  test('pages through the keys of the account and of nobody else, each once', async () => {
    const keys = await Promise.all([aKey(caller), aKey(caller), aKey(caller)]);
    const first = await page({ Limit: 2 });
    expect(first).toMatchObject({ Truncated: true, NextMarker: expect.any(String) });
    const second = await page({ Limit: 2, Marker: first.NextMarker });
    expect(second.Truncated).toBe(false);
    expect(second).not.toHaveProperty('NextMarker');
    const listed = [...first.Keys, ...second.Keys];
    expect(listed.map(({ KeyId }) => KeyId).sort()).toEqual(keys.map(({ id }) => id).sort());
    expect(listed.map(({ KeyArn }) => KeyArn).sort()).toEqual(keys.map(({ arn }) => arn).sort());
  });

  test('keys of another region are not listed', async () => {
    using elsewhere = new Caller({ account: caller.account, region: 'eu-west-1' });
    const { body } = await elsewhere.ok('ListKeys');
    expect(body).toEqual({ Keys: [], Truncated: false });
  });

  test('leaves a record without resources', async () => {
    const answer = await caller.ok('ListKeys', {});
    await expectRecord(caller, 'ListKeys', answer, { readOnly: true, resources: [], requestParameters: null, responseElements: null });
  });

  testRefusals('ListKeys', true, () => caller, [
    { name: 'a marker that the service did not make is refused', input: () => ({ Marker: 'AAAA' }), error: 'InvalidMarkerException' },
    {
      name: 'a limit of zero is invalid',
      input: () => ({ Limit: 0 }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    },
  ]);

  test('a marker that was changed, or is of another operation or account, is refused', async () => {
    const { NextMarker } = await page({ Limit: 1 });
    const changed = `${NextMarker?.startsWith('A') === true ? 'B' : 'A'}${NextMarker?.slice(1) ?? ''}`;
    expect((await caller.kms('ListKeys', { Marker: changed })).error).toBe('InvalidMarkerException');
    expect((await caller.kms('ListAliases', { Marker: NextMarker })).error).toBe('InvalidMarkerException');
    using first = new Caller();
    expect((await first.kms('ListKeys', { Marker: NextMarker })).error).toBe('InvalidMarkerException');
  });
});
