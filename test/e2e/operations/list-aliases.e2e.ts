import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aKey, anAlias, UNKNOWN_KEY_ID, type TestKey } from '../fixtures/keys.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const caller = new Caller({ account: await anotherAccount(testCluster()) });
let keys: TestKey[] = [];
const names: string[] = [];
beforeAll(async () => {
  keys = [await aKey(caller), await aKey(caller)];
  for (const key of [keys[0]!, keys[0]!, keys[1]!]) names.push(await anAlias(caller, key));
});
afterAll(() => caller[Symbol.dispose]());

interface Entry {
  readonly AliasName: string;
  readonly AliasArn: string;
  readonly TargetKeyId: string;
  readonly CreationDate: number;
  readonly LastUpdatedDate: number;
}

describe('ListAliases', () => {
  test('lists the aliases of one key', async () => {
    const answer = await caller.ok('ListAliases', { KeyId: keys[0]!.id });
    expect(answer.body).toMatchObject({ Truncated: false });
    const entries = answer.body['Aliases'] as Entry[];
    expect(entries.map(({ AliasName }) => AliasName).sort()).toEqual(names.slice(0, 2).sort());
    expect(entries[0]).toEqual({
      AliasName: entries[0]!.AliasName,
      AliasArn: `arn:aws:kms:${caller.region}:${caller.account.accountId}:${entries[0]!.AliasName}`,
      TargetKeyId: keys[0]!.id,
      CreationDate: expect.any(Number),
      LastUpdatedDate: expect.any(Number),
    });
    await expectRecord(caller, 'ListAliases', answer, {
      readOnly: true,
      requestParameters: { keyId: keys[0]!.id },
      responseElements: null,
    });
  });

  test('pages through the aliases of the account', async () => {
    const listed: string[] = [];
    let Marker: unknown;
    do {
      const { body } = await caller.ok('ListAliases', { Limit: 2, ...(Marker === undefined ? {} : { Marker }) });
      listed.push(...(body['Aliases'] as Entry[]).map(({ AliasName }) => AliasName));
      Marker = body['NextMarker'];
      expect(body['Truncated']).toBe(Marker !== undefined);
    } while (Marker !== undefined);
    expect(listed.sort()).toEqual([...names].sort());
  });

  testRefusals('ListAliases', true, () => caller, [
    { name: 'a marker that the service did not make is refused', input: () => ({ Marker: 'AAAA' }), error: 'InvalidMarkerException' },
    {
      name: 'an unknown key is not found',
      input: () => ({ KeyId: UNKNOWN_KEY_ID }),
      error: 'NotFoundException',
      message: () => `Key 'arn:aws:kms:${caller.region}:${caller.account.accountId}:key/${UNKNOWN_KEY_ID}' does not exist`,
    },
    {
      name: 'an ARN of another service is invalid',
      input: () => ({ KeyId: 'arn:aws:s3:::bucket' }),
      error: 'InvalidArnException',
      message: 'Invalid arn arn:aws:s3:::bucket',
    },
  ]);
});
