import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../fixtures/cluster.ts';
import { aKey, blob, encrypted, type TestKey } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { expectRecord } from '../fixtures/records.ts';

const here = new Caller();
const there = new Caller({ region: 'eu-west-1' });
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
    const victim = await aKey(there);
    const own = await there.ok('Encrypt', { KeyId: victim.id, Plaintext: blob('x') });
    const token = 'select token from key_metadata.materials where key_id = $1';
    const { rows } = await database.query<{ token: Buffer }>(token, [victim.id]);
    await database.query(`update key_metadata.materials set token = (${token}) where key_id = $2`, [key.id, victim.id]);
    await there.ok('DisableKey', { KeyId: victim.id }); // what policy holds of the key is read anew
    await there.ok('EnableKey', { KeyId: victim.id });
    for (const [operation, input] of [
      ['Encrypt', { KeyId: victim.id, Plaintext: blob('x') }],
      ['Decrypt', { CiphertextBlob: own.body['CiphertextBlob'] }],
    ] as const) {
      const answer = await there.kms(operation, input);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body).not.toHaveProperty('Plaintext');
      expect(answer.body).not.toHaveProperty('CiphertextBlob');
    }
    await database.query('update key_metadata.materials set token = $1 where key_id = $2', [rows[0]!.token, victim.id]);
    await there.ok('DisableKey', { KeyId: victim.id });
    await there.ok('EnableKey', { KeyId: victim.id });
    expect((await there.ok('Decrypt', { CiphertextBlob: own.body['CiphertextBlob'] })).body['Plaintext']).toBe(blob('x'));
  });
});
