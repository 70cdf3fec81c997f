import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aKey, blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { aFamily, aPrimary, THERE } from '../fixtures/multi-region.ts';
import { expectRecord } from '../fixtures/records.ts';

const here = new Caller();
const there = new Caller({ region: THERE });
let stranger: Caller;
let database: pg.Client;
let key: TestKey;
beforeAll(async () => {
  stranger = new Caller({ account: await anotherAccount(testCluster()) });
  database = await connectPostgres();
  key = await aKey(here);
});
afterAll(async () => {
  for (const caller of [here, there, stranger]) caller[Symbol.dispose]();
  await database.end();
});

/** What AWS answers when a ciphertext names a key that is not there for the caller; which of them depends on what names it. */
const CLOSED = /^(InvalidCiphertextException|AccessDeniedException|NotFoundException|IncorrectKeyException)$/;

/** Puts the wrapped key of one key's row into another's, and has policy read it anew; disposal puts things right. */
async function withTokenOf(source: Row, victim: Row, deed: () => Promise<void>): Promise<void> {
  const { rows } = await database.query<{ token: Buffer }>(tokenOf, [source.region, source.id]);
  const { rows: own } = await database.query<{ token: Buffer }>(tokenOf, [victim.region, victim.id]);
  const put = async (token: Buffer | undefined): Promise<void> => {
    const where = 'where region = $2 and key_id = $3';
    await database.query(`update key_metadata.materials set token = $1 ${where}`, [token, victim.region, victim.id]);
    const caller = victim.region === THERE ? there : here;
    await caller.ok('DisableKey', { KeyId: victim.id });
    await caller.ok('EnableKey', { KeyId: victim.id });
  };
  await put(rows[0]?.token);
  await deed();
  await put(own[0]?.token);
}

interface Row {
  readonly region: string;
  readonly id: string;
}

const tokenOf = 'select token from key_metadata.materials where region = $1 and key_id = $2';

async function expectUseless(caller: Caller, victim: Row, ciphertext: unknown): Promise<void> {
  for (const [operation, input] of [
    ['Encrypt', { KeyId: victim.id, Plaintext: blob('x') }],
    ['Decrypt', { CiphertextBlob: ciphertext }],
  ] as const) {
    const answer = await caller.kms(operation, input);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toHaveProperty('Plaintext');
    expect(answer.body).not.toHaveProperty('CiphertextBlob');
  }
}

describe('P5: a region is a wall', () => {
  test('a ciphertext of one region is useless in the other, and the attempt is recorded there', async () => {
    const ciphertext = await encrypted(here, key, 'x');
    const answer = await there.kms('Decrypt', { CiphertextBlob: ciphertext });
    expect(answer).toMatchObject({ status: 400, error: expect.stringMatching(CLOSED) });
    expect(answer.body).not.toHaveProperty('Plaintext');
    await expectRecord(there, 'Decrypt', answer, {
      readOnly: true,
      error: answer.error === 'AccessDeniedException' ? 'AccessDenied' : String(answer.error),
    });
    const named = await there.kms('Decrypt', { CiphertextBlob: ciphertext, KeyId: (await aKey(there)).id });
    expect(named).toMatchObject({ status: 400, error: expect.stringMatching(CLOSED) });
  });

  test('a key of one region does not exist in the other', async () => {
    expect(await there.kms('Encrypt', { KeyId: key.id, Plaintext: blob('x') })).toMatchObject({ error: 'NotFoundException' });
    expect(await there.kms('Encrypt', { KeyId: key.arn, Plaintext: blob('x') })).toMatchObject({
      error: 'NotFoundException',
      message: 'Invalid arn us-east-1',
    });
  });

  test('a ciphertext of another account is useless, and does not tell whether its key exists', async () => {
    const ciphertext = await encrypted(here, key, 'x');
    const answer = await stranger.kms('Decrypt', { CiphertextBlob: ciphertext });
    expect(answer).toMatchObject({ status: 400, error: 'AccessDeniedException' });
    await expectRecord(stranger, 'Decrypt', answer, { readOnly: true, error: 'AccessDenied' });
  });

  test('a wrapped key that is copied into the row of a key of the other region opens nothing', async () => {
    const victim = { ...(await aKey(there)), region: THERE };
    const own = await there.ok('Encrypt', { KeyId: victim.id, Plaintext: blob('x') });
    await withTokenOf({ ...key, region: here.region }, victim, () => expectUseless(there, victim, own.body['CiphertextBlob']));
    expect((await there.ok('Decrypt', { CiphertextBlob: own.body['CiphertextBlob'] })).body['Plaintext']).toBe(blob('x'));
  });

  test('a wrapped multi-Region key opens nothing in the row of another key, nor a single-Region key in its row', async () => {
    const { primary } = await aFamily(here);
    const other = { ...(await aPrimary(here)), region: here.region };
    const single = { ...(await aKey(here)), region: here.region };
    const source = { ...primary, region: here.region };
    for (const victim of [other, single]) {
      const ciphertext = await encrypted(here, victim, 'x');
      await withTokenOf(source, victim, () => expectUseless(here, victim, ciphertext));
    }
    const ciphertext = await encrypted(here, primary, 'x');
    await withTokenOf(single, source, () => expectUseless(here, source, ciphertext));
  });
});

describe('P5: multi-Region keys open inside their group of Regions, after an audited replicate', () => {
  test('before it, a ciphertext is useless in the other Region; after it, it opens there', async () => {
    const primary = await aPrimary(here);
    const ciphertext = await encrypted(here, primary, 'x');
    const before = await there.kms('Decrypt', { CiphertextBlob: ciphertext });
    expect(before).toMatchObject({ status: 400, error: 'AccessDeniedException' });
    expect(before.body).not.toHaveProperty('Plaintext');
    const answer = await here.ok('ReplicateKey', { KeyId: primary.id, ReplicaRegion: THERE });
    expect((await there.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('x'));
    await expectRecord(here, 'ReplicateKey', answer, { readOnly: false, resources: [primary.arn] });
    await expectRecord(there, 'CreateKey', answer, { readOnly: false });
  });

  test('what is copied is the wrapped key, byte by byte: nothing was opened on the way', async () => {
    const { primary } = await aFamily(here);
    const { rows } = await database.query<{ region: string; token: Buffer }>(
      'select region, token from key_metadata.materials where key_id = $1 order by region',
      [primary.id],
    );
    expect(rows.map(({ region }) => region)).toEqual([THERE, here.region]);
    expect(rows[0]?.token.equals(rows[1]?.token ?? Buffer.alloc(0))).toBe(true);
  });
});
