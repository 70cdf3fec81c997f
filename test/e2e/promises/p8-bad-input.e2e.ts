import { connect } from 'node:tls';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { answerOf, Caller, jsonHeaders, type Answer } from '../fixtures/caller.ts';
import { testCluster, variable } from '../fixtures/cluster.ts';
import { aKey, blob, encrypted, tampered, type TestKey } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { recordOf } from '../fixtures/records.ts';
import { countRecords } from '../fixtures/stored-records.ts';

const MINUTE_MS = 60_000;
const caller = new Caller();
let key: TestKey;
let database: pg.Client;
beforeAll(async () => {
  key = await aKey(caller);
  database = await connectPostgres();
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await database.end();
});

const plain = (body: string | Buffer = '{}', target = 'TrentService.ListKeys') => ({ headers: jsonHeaders(target), body });

/** Sends what `change` makes of a good signed request. */
async function send(
  change: (headers: Record<string, string>) => Record<string, string>,
  { at, body = '{}' }: { at?: Date; body?: string } = {},
): Promise<Answer> {
  const request = plain(body);
  const headers = await caller.sign(request, at === undefined ? {} : { at });
  return answerOf(await caller.wire.send({ ...request, headers: change(headers) }));
}

async function expectNoRecord({ requestId }: Answer): Promise<void> {
  const later = await caller.ok('ListKeys', { Limit: 1 });
  await recordOf(caller, 'ListKeys', later);
  expect(await countRecords(database, [requestId])).toEqual(new Map());
}

describe('P8: who is not who they say gets the documented error and leaves no record', () => {
  const changed = (name: string, by: (value: string) => string) => (headers: Record<string, string>) => ({
    ...headers,
    [name]: by(headers[name] ?? ''),
  });
  const without = (name: string) => (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));

  test.each<{ name: string; change: Parameters<typeof send>[0]; at?: Date; error: string; message: RegExp }>([
    {
      name: 'a wrong signature',
      change: changed('authorization', (value) => value.replace(/.{4}$/, (end) => (end === '0000' ? '1111' : '0000'))),
      error: 'InvalidSignatureException',
      message: /^The request signature we calculated does not match the signature you provided\./,
    },
    {
      name: 'an unknown access key',
      change: changed('authorization', (value) => value.replace(/AKIA\w+/, 'AKIAIOSFODNN7EXAMPLE')),
      error: 'UnrecognizedClientException',
      message: /^The security token included in the request is invalid\.$/,
    },
    {
      name: 'a date long past',
      change: (headers) => headers,
      at: new Date(Date.now() - 10 * MINUTE_MS),
      error: 'InvalidSignatureException',
      message: /^Signature expired: \d{8}T\d{6}Z is now earlier than /,
    },
    {
      name: 'a date far ahead',
      change: (headers) => headers,
      at: new Date(Date.now() + 10 * MINUTE_MS),
      error: 'InvalidSignatureException',
      message: /^Signature not yet current: /,
    },
    {
      name: 'no signature',
      change: without('authorization'),
      error: 'MissingAuthenticationTokenException',
      message: /^Missing Authentication Token$/,
    },
    {
      name: 'half an authorization',
      change: changed('authorization', (value) => value.replace(/Credential=[^,]+, /, '')),
      error: 'IncompleteSignatureException',
      message: /Credential/,
    },
    {
      name: 'a session token that nobody gave',
      change: (headers) => ({ ...headers, 'x-amz-security-token': 'AAAA' }),
      error: 'any',
      message: /./,
    },
    {
      name: 'a header that was changed after signing',
      change: changed('x-amz-date', (value) => value.replace(/..Z$/, (end) => (end === '00Z' ? '01Z' : '00Z'))),
      error: 'InvalidSignatureException',
      message: /./,
    },
  ])('$name', async ({ change, at, error, message }) => {
    const answer = await send(change, at === undefined ? {} : { at });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.error).toEqual(error === 'any' ? expect.any(String) : error);
    expect(answer.message).toMatch(message);
    await expectNoRecord(answer);
  });

  test('a body that was changed after signing', async () => {
    const request = plain('{"Limit":1}');
    const headers = await caller.sign(request);
    const answer = answerOf(await caller.wire.send({ headers, body: '{"Limit":2}' }));
    expect(answer).toMatchObject({ status: 400, error: 'InvalidSignatureException' });
    await expectNoRecord(answer);
  });

  test.each([
    { name: 'another region', more: { region: 'mars-north-1' } },
    { name: 'another service', more: { service: 's3' } },
  ])('a signature for $name', async ({ more }) => {
    const request = plain();
    const answer = answerOf(await caller.wire.send({ ...request, headers: await caller.sign(request, more) }));
    expect(answer).toMatchObject({
      status: 400,
      error: 'InvalidSignatureException',
      message: expect.stringMatching(/^Credential should be scoped/),
    });
    await expectNoRecord(answer);
  });
});

describe('P8: malformed requests of an authenticated caller are refused by name and recorded', () => {
  test.each([
    { name: 'half an object', body: '{"KeyId":"a"' },
    { name: 'an array', body: '[]' },
    { name: 'a text', body: '"x"' },
    { name: 'a number for a text', body: '{"KeyId":5}' },
    { name: 'an object for a text', body: '{"KeyId":{}}' },
    { name: 'bytes that are no UTF-8', body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
    { name: 'nesting without end', body: '{"KeyId":'.repeat(50_000) },
  ])('$name', async ({ body }) => {
    const answer = await caller.raw('DescribeKey', body);
    expect(answer).toMatchObject({ status: 400, error: 'SerializationException' });
    expect(await recordOf(caller, 'DescribeKey', answer)).toMatchObject({ errorCode: 'SerializationException', requestParameters: null });
  });

  test('what is no base64 is no blob', async () => {
    expect((await caller.kms('Encrypt', { KeyId: key.id, Plaintext: '!!' })).error).toBe('SerializationException');
  });

  test('members that nobody knows are ignored, __proto__ among them', async () => {
    const body = `{"KeyId":"${key.id}","Colour":"blue","__proto__":{"KeyId":"other"},"constructor":1}`;
    expect((await caller.raw('DescribeKey', body)).status).toBe(200);
  });

  test('a context named __proto__ is a context like any other', async () => {
    const context = '{"__proto__":"x","constructor":"y"}';
    const closed = await caller.raw('Encrypt', `{"KeyId":"${key.id}","Plaintext":"${blob('x')}","EncryptionContext":${context}}`);
    const { CiphertextBlob } = closed.body;
    expect((await caller.kms('Decrypt', { CiphertextBlob })).error).toBe('InvalidCiphertextException');
    const opened = await caller.raw('Decrypt', `{"CiphertextBlob":"${String(CiphertextBlob)}","EncryptionContext":${context}}`);
    expect(opened.body['Plaintext']).toBe(blob('x'));
  });

  test('unknown operations are told so, without a record', async () => {
    for (const target of ['TrentService.Nothing', 'TrentService', 'Nothing.Encrypt', 'TrentService.__proto__', '']) {
      const request = plain('{}', target);
      const answer = answerOf(await caller.wire.send({ ...request, headers: await caller.sign(request) }));
      expect(answer).toMatchObject({ status: 400, error: 'UnknownOperationException' });
    }
  });
});

describe('P8: what is too large, too slow or no HTTP at all ends without harm', () => {
  test('a body of 10 MB is refused, and the connection or the next one serves on', async () => {
    const answer = await caller.raw('Encrypt', Buffer.alloc(10 * 1024 * 1024, ' '));
    expect(answer).toMatchObject({ status: 413, error: 'RequestEntityTooLargeException' });
    await expectNoRecord(answer);
    expect((await caller.kms('DescribeKey', { KeyId: key.id })).status).toBe(200);
  });

  test.each([
    { name: 'rubbish', bytes: Buffer.from('\u0000\u0001rubbish\r\n\r\n') },
    { name: 'headers of 64 KiB', bytes: Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(65_536)}\r\n\r\n`) },
    { name: 'two lengths', bytes: Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx') },
    {
      name: 'a length and chunks',
      bytes: Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    },
  ])('$name on the wire is answered 4xx and the connection closed', async ({ bytes }) => {
    const cluster = testCluster();
    const endpoint = new URL(variable(cluster, 'AWS_ENDPOINT_URL'));
    const text = await new Promise<string>((resolve, reject) => {
      const ca = readFileSync(variable(cluster, 'AWS_CA_BUNDLE'));
      const socket = connect({ host: '127.0.0.1', port: Number(endpoint.port), servername: 'localhost', ca }, () => socket.write(bytes));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
      socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)));
    });
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await caller.kms('DescribeKey', { KeyId: key.id })).status).toBe(200);
  });
});

describe('P8: rows that were swapped in the database open nothing', () => {
  const SWAP = `update key_metadata.materials as mine set token = other.token
    from key_metadata.materials as other where mine.key_id = any($1) and other.key_id = any($1) and mine.key_id <> other.key_id`;

  /** What policy holds of a key is read anew after a change of it. */
  async function reread(one: TestKey): Promise<void> {
    await caller.ok('DisableKey', { KeyId: one.id });
    await caller.ok('EnableKey', { KeyId: one.id });
  }

  test('neither key works with the material of the other; swapped back, both do', async () => {
    const [left, right] = [await aKey(caller), await aKey(caller)];
    const ciphertext = await encrypted(caller, left, 'kept');
    await database.query(SWAP, [[left.id, right.id]]);
    for (const one of [left, right]) {
      await reread(one);
      const answer = await caller.kms('Encrypt', { KeyId: one.id, Plaintext: blob('x') });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body).not.toHaveProperty('CiphertextBlob');
      expect(await recordOf(caller, 'Encrypt', answer)).toHaveProperty('errorCode');
    }
    expect((await caller.kms('Decrypt', { CiphertextBlob: ciphertext })).body).not.toHaveProperty('Plaintext');
    await database.query(SWAP, [[left.id, right.id]]);
    for (const one of [left, right]) {
      await reread(one);
      await caller.ok('Encrypt', { KeyId: one.id, Plaintext: blob('x') });
    }
    expect((await caller.ok('Decrypt', { CiphertextBlob: ciphertext })).body['Plaintext']).toBe(blob('kept'));
  });

  test('a wrapped key with a bit turned opens nothing', async () => {
    const own = await aKey(caller);
    const turn = 'update key_metadata.materials set token = set_byte(token, $2, get_byte(token, $2) # 1) where key_id = $1';
    for (const byte of [0, 40, 100]) {
      await database.query(turn, [own.id, byte]);
      await reread(own);
      expect((await caller.kms('Encrypt', { KeyId: own.id, Plaintext: blob('x') })).status).toBeGreaterThanOrEqual(400);
      await database.query(turn, [own.id, byte]);
    }
    await reread(own);
    await caller.ok('Encrypt', { KeyId: own.id, Plaintext: blob('x') });
  });

  test('a tampered ciphertext is told apart from nothing', async () => {
    const ciphertext = await encrypted(caller, key, 'x');
    const answer = await caller.kms('Decrypt', { CiphertextBlob: tampered(ciphertext) });
    expect(answer.body).toEqual({ __type: 'InvalidCiphertextException' });
  });
});
