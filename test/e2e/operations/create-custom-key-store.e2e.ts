import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller } from '../fixtures/caller.ts';
import {
  anchorOf,
  ANOTHER_TOKEN,
  aStore,
  aStoreOwner,
  DEMONSTRATION,
  described,
  passwordOf,
  RESTORED_COPY,
  storeOf,
} from '../fixtures/key-stores.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

let caller: Caller;
let taken: string;
beforeAll(async () => {
  caller = await aStoreOwner();
  taken = await aStore(caller, DEMONSTRATION, { CustomKeyStoreName: 'taken' });
});
afterAll(() => caller[Symbol.dispose]());

/** Ten stores, which the two certificates of a local cluster don't allow: copies of the one that is there, made straight in the table. */
async function fillUp(full: Caller, storeId: string): Promise<void> {
  const database = await connectPostgres();
  try {
    await database.query(
      `insert into key_metadata.key_stores (region, store_id, account_id, name, store_type, cluster_id, trust_anchor, trust_anchor_digest, sealed_secret)
       select region, store_id || n, account_id, name || n, store_type, cluster_id, trust_anchor, decode(lpad(n::text, 64, '0'), 'hex'), sealed_secret
       from key_metadata.key_stores, generate_series(1, 9) n where store_id = $1 and account_id = $2`,
      [storeId, full.account.accountId],
    );
  } finally {
    await database.end();
  }
}

describe('CreateCustomKeyStore', () => {
  test('makes a store, disconnected, and its password is in no record and in no row', async () => {
    const owner = await aStoreOwner();
    const input = storeOf(ANOTHER_TOKEN, { CustomKeyStoreName: 'my store', CustomKeyStoreType: 'AWS_CLOUDHSM' });
    const answer = await owner.ok('CreateCustomKeyStore', input);
    const storeId = String(answer.body['CustomKeyStoreId']);
    expect(answer.body).toEqual({ CustomKeyStoreId: expect.stringMatching(/^cks-[0-9a-f]{17}$/) });
    expect(await described(owner, storeId)).toEqual({
      CustomKeyStoreId: storeId,
      CustomKeyStoreName: 'my store',
      CloudHsmClusterId: ANOTHER_TOKEN,
      TrustAnchorCertificate: anchorOf(ANOTHER_TOKEN),
      ConnectionState: 'DISCONNECTED',
      CreationDate: expect.any(Number),
      CustomKeyStoreType: 'AWS_CLOUDHSM',
    });
    const record = await expectRecord(owner, 'CreateCustomKeyStore', answer, {
      readOnly: false,
      requestParameters: {
        customKeyStoreName: 'my store',
        cloudHsmClusterId: ANOTHER_TOKEN,
        trustAnchorCertificate: anchorOf(ANOTHER_TOKEN),
        customKeyStoreType: 'AWS_CLOUDHSM',
      },
      responseElements: { customKeyStoreId: storeId },
    });
    const password = passwordOf(ANOTHER_TOKEN);
    expect(JSON.stringify(record)).not.toContain(password);
    const database = await connectPostgres();
    const { rows } = await database.query<{ row: string }>('select s::text as row from key_metadata.key_stores s where store_id = $1', [
      storeId,
    ]);
    await database.end();
    expect(rows).toHaveLength(1);
    for (const form of [password, Buffer.from(password).toString('hex')]) expect(rows[0]?.row).not.toContain(form);
    owner[Symbol.dispose]();
  });

  test('an account has ten stores in a Region and no more', async () => {
    const full = await aStoreOwner();
    await fillUp(full, await aStore(full));
    expect(await full.kms('CreateCustomKeyStore', storeOf(ANOTHER_TOKEN))).toMatchObject({ error: 'LimitExceededException' });
    full[Symbol.dispose]();
  });

  test('two accounts make stores of one cluster', async () => {
    const other = await aStoreOwner();
    expect(await aStore(other, DEMONSTRATION, { CustomKeyStoreName: 'taken' })).not.toBe(taken);
    other[Symbol.dispose]();
  });

  testRefusals('CreateCustomKeyStore', false, () => caller, [
    {
      name: 'a name that another store of the account has is in use',
      input: () => storeOf(ANOTHER_TOKEN, { CustomKeyStoreName: 'taken' }),
      error: 'CustomKeyStoreNameInUseException',
    },
    {
      name: 'a cluster that a store of the account is made of is in use',
      input: () => storeOf(DEMONSTRATION),
      error: 'CloudHsmClusterInUseException',
    },
    {
      name: 'a cluster that shares its certificate with one in use is in use',
      input: () => storeOf(RESTORED_COPY),
      error: 'CloudHsmClusterInUseException',
    },
    {
      name: 'a cluster that the operator does not list is not found',
      input: () => storeOf(ANOTHER_TOKEN, { CloudHsmClusterId: 'cluster-nobodyListsIt' }),
      error: 'CloudHsmClusterNotFoundException',
    },
    {
      name: 'a certificate of another cluster is not the trust anchor',
      input: () => storeOf(ANOTHER_TOKEN, { TrustAnchorCertificate: anchorOf(DEMONSTRATION) }),
      error: 'IncorrectTrustAnchorException',
    },
    {
      name: 'what is no certificate is not the trust anchor',
      input: () => storeOf(ANOTHER_TOKEN, { TrustAnchorCertificate: 'no certificate' }),
      error: 'IncorrectTrustAnchorException',
    },
    ...['CloudHsmClusterId', 'KeyStorePassword', 'TrustAnchorCertificate'].map((member) => ({
      name: `a store of type AWS_CLOUDHSM requires ${member}`,
      input: () => storeOf(ANOTHER_TOKEN, { [member]: undefined }),
      error: 'ValidationException',
      message: `${member} is required for a custom key store of type AWS_CLOUDHSM.`,
    })),
    {
      name: 'a store of type AWS_CLOUDHSM takes no member of the other type',
      input: () => storeOf(ANOTHER_TOKEN, { XksProxyUriEndpoint: 'https://proxy.example.com' }),
      error: 'ValidationException',
      message: 'XksProxyUriEndpoint is not valid for a custom key store of type AWS_CLOUDHSM.',
    },
    {
      name: 'a password is seven characters at least, and its value is not told',
      input: () => storeOf(ANOTHER_TOKEN, { KeyStorePassword: 'secret' }),
      error: 'ValidationException',
      message:
        "1 validation error detected: Value at 'keyStorePassword' failed to satisfy constraint: Member must have length greater than or equal to 7",
    },
  ]);
});
