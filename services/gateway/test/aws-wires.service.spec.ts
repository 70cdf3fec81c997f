import { request as httpsRequest, Agent } from 'node:https';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateRandomCommand,
  KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { formatAmzDate, presignRequest, signRequest } from '@trent/sigv4';
import { ACCESS_KEY, ACCOUNT, decide, KEY_ARN, KEY_ID, openTestEdge, REGION, type TestEdge } from './test-edge.ts';

let edge: TestEdge;
let agent: Agent;

beforeAll(async () => {
  edge = await openTestEdge();
  agent = new Agent({ ca: edge.ca, keepAlive: true });
});
afterAll(async () => {
  agent.destroy();
  await edge[Symbol.asyncDispose]();
});

const port = () => edge.edge.httpsPorts[0] ?? 0;
const settings = (credentials = ACCESS_KEY, region = REGION) => ({
  endpoint: `https://127.0.0.1:${String(port())}`,
  region,
  credentials,
  maxAttempts: 1,
  requestHandler: { httpsAgent: agent },
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly target?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Sends a request as it is. */
function send({ method = 'POST', path = '/', headers = {}, body = '' }: RawRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ agent, host: '127.0.0.1', port: port(), method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Signs a request and sends it. */
function sendSigned({
  target = 'TrentService.Encrypt',
  headers = {},
  body = '{}',
  region = REGION,
  service = 'kms',
  dateMs = Date.now(),
}: RawRequest & { region?: string; service?: string; dateMs?: number }): Promise<Answer> {
  const unsigned = [
    'Host',
    '127.0.0.1',
    'Content-Type',
    'application/x-amz-json-1.1',
    'X-Amz-Target',
    target,
    ...Object.entries(headers).flat(),
  ];
  const credentials = { accessKeyId: ACCESS_KEY.accessKeyId, secretAccessKey: Buffer.from(ACCESS_KEY.secretAccessKey) };
  const raw = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    rawHeaders: unsigned,
    body,
    credentials,
    region,
    service,
    amzDate: formatAmzDate(dateMs),
  });
  const signed: Record<string, string> = {};
  for (let i = 0; i < raw.length; i += 2) signed[raw[i] ?? ''] = raw[i + 1] ?? '';
  return send({ headers: signed, body });
}

const encryptBody = JSON.stringify({ KeyId: KEY_ID, Plaintext: 'aGVsbG8=' });

describe('an unchanged SDK', () => {
  test('encrypts and decrypts, with a context, without naming the key', async () => {
    const client = new KMSClient(settings());
    const EncryptionContext = { tenant: 'blue', __proto__x: 'y' };
    const encrypted = await client.send(new EncryptCommand({ KeyId: 'alias/a', Plaintext: Buffer.from('hello'), EncryptionContext }));
    expect(encrypted).toMatchObject({ KeyId: KEY_ARN, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    const decrypted = await client.send(new DecryptCommand({ CiphertextBlob: encrypted.CiphertextBlob, EncryptionContext }));
    expect(Buffer.from(decrypted.Plaintext ?? []).toString()).toBe('hello');
    expect(decrypted.$metadata.requestId).toBe(edge.records.at(-1)?.['requestID']);
  });

  test('gets times, empty pages and answers without members', async () => {
    const client = new KMSClient(settings());
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: KEY_ID }));
    expect(KeyMetadata?.CreationDate).toEqual(new Date(1_700_000_000_123));
    expect(await client.send(new ListKeysCommand({}))).toMatchObject({ Keys: [], Truncated: false });
    expect(await client.send(new DisableKeyCommand({ KeyId: KEY_ID }))).toMatchObject({ $metadata: { httpStatusCode: 200 } });
    expect((await client.send(new GenerateRandomCommand({ NumberOfBytes: 12 }))).Plaintext).toHaveLength(12);
  });

  test('gets AWS errors by their names', async () => {
    const client = new KMSClient(settings());
    await expect(client.send(new EncryptCommand({ KeyId: 'alias/denied', Plaintext: Buffer.from('x') }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'User is not authorized',
    });
    await expect(client.send(new EncryptCommand({ KeyId: KEY_ID, Plaintext: Buffer.alloc(4097) }))).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    });
    await expect(client.send(new DecryptCommand({ CiphertextBlob: Buffer.from('garbage') }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    await expect(client.send(new DescribeKeyCommand({ KeyId: 'slow' }))).rejects.toMatchObject({
      name: 'DependencyTimeoutException',
      $metadata: { httpStatusCode: 500 },
    });
  });

  test('asks STS who it is', async () => {
    const { Account, Arn, UserId } = await new STSClient(settings()).send(new GetCallerIdentityCommand({}));
    expect({ Account, Arn, UserId }).toEqual({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root`, UserId: ACCOUNT });
  });

  test('with a wrong secret or an unknown key is refused and not recorded', async () => {
    const before = edge.records.length;
    const wrong = new KMSClient(settings({ ...ACCESS_KEY, secretAccessKey: 'wrong' }));
    await expect(wrong.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const unknown = new KMSClient(settings({ accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' }));
    await expect(unknown.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    const sts = new STSClient(settings({ ...ACCESS_KEY, secretAccessKey: 'wrong' }));
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
    expect(edge.records).toHaveLength(before);
  });
});

describe('the answer', () => {
  test('has the request id and headers of AWS', async () => {
    const { headers, status } = await sendSigned({ body: encryptBody });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'cache-control': 'no-cache, no-store, must-revalidate, private',
      pragma: 'no-cache',
      expires: '0',
    });
    expect(headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['date']).toBeDefined();
    expect(headers['content-length']).toBeDefined();
  });

  test('of an error has its type in header and body', async () => {
    const { headers, status, body } = await sendSigned({ body: '{' });
    expect(status).toBe(400);
    expect(headers['x-amzn-errortype']).toBe('SerializationException');
    expect(JSON.parse(body)).toEqual({ __type: 'SerializationException', message: 'Unexpected token received from parser' });
    expect(edge.records.at(-1)).toMatchObject({
      errorCode: 'SerializationException',
      requestParameters: null,
      requestID: headers['x-amzn-requestid'],
    });
  });
});

describe('who calls is asked before what is asked', () => {
  test('a broken body with a broken signature is a broken signature', async () => {
    const before = edge.records.length;
    const headers = { 'x-amz-target': 'TrentService.Encrypt', authorization: 'AWS4-HMAC-SHA256 Credential=x' };
    const { body } = await send({ headers, body: '{' });
    expect(JSON.parse(body)).toMatchObject({ __type: 'IncompleteSignatureException' });
    expect(edge.records).toHaveLength(before);
  });

  test.each([
    ['no signature', {}, 'MissingAuthenticationTokenException', /^Missing Authentication Token$/],
    ['a signature for another region', { region: 'ap-south-1' }, 'InvalidSignatureException', /valid region/],
    ['a signature for another service', { service: 's3' }, 'InvalidSignatureException', /correct service: 'kms'/],
  ])('%s', async (name, parts, type, message) => {
    const answer =
      name === 'no signature'
        ? await send({ headers: { 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' })
        : await sendSigned({ ...parts, target: 'TrentService.ListKeys' });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ __type: type, message: expect.stringMatching(message) as unknown });
  });

  test('a body that was changed on the way does not fit its signature', async () => {
    const unsigned = ['Host', '127.0.0.1', 'X-Amz-Target', 'TrentService.Encrypt'];
    const credentials = { accessKeyId: ACCESS_KEY.accessKeyId, secretAccessKey: Buffer.from(ACCESS_KEY.secretAccessKey) };
    const raw = signRequest({
      method: 'POST',
      path: '/',
      query: '',
      rawHeaders: unsigned,
      body: encryptBody,
      credentials,
      region: REGION,
      service: 'kms',
      amzDate: formatAmzDate(Date.now()),
    });
    const headers = Object.fromEntries(
      Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index], raw[2 * index + 1]]),
    ) as Record<string, string>;
    const { body } = await send({ headers, body: encryptBody.replace('aGVsbG8', 'aGVsbG9') });
    expect(JSON.parse(body)).toMatchObject({ __type: 'InvalidSignatureException' });
  });
});

describe('AWS Query', () => {
  test('a presigned GET asks STS who signed it', async () => {
    const credentials = { accessKeyId: ACCESS_KEY.accessKeyId, secretAccessKey: Buffer.from(ACCESS_KEY.secretAccessKey) };
    const query = presignRequest(
      {
        method: 'GET',
        path: '/',
        query: 'Action=GetCallerIdentity&Version=2011-06-15',
        rawHeaders: ['Host', `127.0.0.1:${String(port())}`],
        body: '',
        credentials,
        region: REGION,
        service: 'sts',
        amzDate: formatAmzDate(Date.now()),
      },
      60,
    );
    const { status, body, headers } = await send({ method: 'GET', path: `/?${query}` });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/xml');
    expect(body).toContain(`<GetCallerIdentityResult><UserId>${ACCOUNT}</UserId>`);
    expect(body).toContain(`<RequestId>${String(headers['x-amzn-requestid'])}</RequestId>`);
  });

  test('an unknown action is InvalidAction in XML', async () => {
    const { status, body } = await send({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=Nope&Version=2011-06-15',
    });
    expect(status).toBe(400);
    expect(body).toContain('<Code>InvalidAction</Code>');
  });
});

describe('bad input', () => {
  test.each([
    ['an unknown target', { 'x-amz-target': 'TrentService.Nope' }],
    ['no target', {}],
    ['a target of a Query service', { 'x-amz-target': 'sts.GetCallerIdentity' }],
  ])('%s is an unknown operation', async (_name, headers) => {
    const { status, body } = await send({ headers: headers, body: '{}' });
    expect([status, JSON.parse(body)]).toEqual([400, { __type: 'UnknownOperationException' }]);
  });

  test('another path is no endpoint', async () => {
    const { body } = await send({ path: '/x', headers: { 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' });
    expect(JSON.parse(body)).toEqual({ __type: 'UnknownOperationException' });
  });

  test('a body of ten megabytes is refused, and the connection lives on', async () => {
    const { status, body } = await send({ headers: { 'x-amz-target': 'TrentService.Encrypt' }, body: Buffer.alloc(10_000_000, 'a') });
    expect([status, JSON.parse(body)]).toEqual([413, { __type: 'RequestEntityTooLargeException' }]);
    expect((await sendSigned({ body: encryptBody })).status).toBe(200);
  });

  test('a chunked body of two megabytes is refused', async () => {
    const headers = { 'x-amz-target': 'TrentService.Encrypt', 'transfer-encoding': 'chunked' };
    expect((await send({ headers, body: Buffer.alloc(2_000_000, 'a') })).status).toBe(413);
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400/],
    ['endless headers', `POST / HTTP/1.1\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
  ])('%s is answered and the connection ends', async (_name, bytes, expected) => {
    expect(await talk(bytes)).toMatch(expected);
  });
});

describe('a client that goes away', () => {
  test('before its answer harms nobody, and its request is recorded', async () => {
    await using slow = await openTestEdge({
      authorize: async (item) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return decide(item);
      },
    });
    const unsigned = ['Host', '127.0.0.1', 'X-Amz-Target', 'TrentService.Encrypt'];
    const credentials = { accessKeyId: ACCESS_KEY.accessKeyId, secretAccessKey: Buffer.from(ACCESS_KEY.secretAccessKey) };
    const raw = signRequest({
      method: 'POST',
      path: '/',
      query: '',
      rawHeaders: unsigned,
      body: encryptBody,
      credentials,
      region: REGION,
      service: 'kms',
      amzDate: formatAmzDate(Date.now()),
    });
    const head = Array.from({ length: raw.length / 2 }, (_, index) => `${raw[2 * index] ?? ''}: ${raw[2 * index + 1] ?? ''}\r\n`).join('');
    const socket = tlsConnect({ host: '127.0.0.1', port: slow.edge.httpsPorts[0] ?? 0, ca: slow.ca });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    socket.write(`POST / HTTP/1.1\r\n${head}Content-Length: ${String(encryptBody.length)}\r\n\r\n${encryptBody}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(slow.records).toMatchObject([{ eventName: 'Encrypt' }]);
  });
});

describe('health', () => {
  test.each(['/ping', '/'])('GET %s says healthy', async (path) => {
    expect(await send({ method: 'GET', path })).toMatchObject({ status: 200, body: 'healthy' });
  });
});

/** Sends bytes over TLS and reads until the other side ends. */
function talk(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = tlsConnect({ host: '127.0.0.1', port: port(), ca: edge.ca }, () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
