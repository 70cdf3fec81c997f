import { credentials, Metadata, status, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromServiceError } from '@trent/bootstrap';
import { kms, sts } from '@trent/contracts';
import { ACCOUNT, executeItem, KEY_ARN, KEY_ID, openTestEdge, REGION, testRooms, type TestEdge } from './test-edge.ts';

let edge: TestEdge;
let client: kms.KmsServiceClient;
let anonymous: kms.KmsServiceClient;
let stsClient: sts.StsServiceClient;

beforeAll(async () => {
  edge = await openTestEdge();
  const { cert, key } = await edge.deployment.pki.issue(`spiffe://trent/account/${ACCOUNT}/root`);
  const ca = Buffer.from(edge.ca);
  const target = `localhost:${String(edge.edge.grpcPorts[0])}`;
  const mtls = credentials.createSsl(ca, Buffer.from(key), Buffer.from(cert));
  client = new kms.KmsServiceClient(target, mtls);
  stsClient = new sts.StsServiceClient(target, mtls);
  anonymous = new kms.KmsServiceClient(target, credentials.createSsl(ca));
});
afterAll(async () => {
  for (const open of [client, anonymous, stsClient]) open.close();
  await edge[Symbol.asyncDispose]();
});

interface Answered<T> {
  readonly answer: T;
  readonly requestId: string;
}

/** A method of a generated client: of its overloads the one with metadata. */
interface UnaryMethod<Request, Response> {
  (request: Request, callback: (error: ServiceError | null, response: Response) => void): ClientUnaryCall;
  (request: Request, metadata: Metadata, callback: (error: ServiceError | null, response: Response) => void): ClientUnaryCall;
}

/** Makes a unary call and gives the answer with the request id of the initial metadata. */
function call<Request, Response>(
  method: UnaryMethod<Request, Response>,
  request: Request,
  metadata = new Metadata(),
): Promise<Answered<Response>> {
  return new Promise((resolve, reject) => {
    let requestId = '';
    const open = method(request, metadata, (error, answer) => {
      if (error === null) resolve({ answer, requestId });
      else reject(Object.assign(error, { requestId }));
    });
    open.on('metadata', (initial) => (requestId = String(initial.get('x-amzn-requestid')[0] ?? '')));
  });
}

const encryptRequest = (parts: Parameters<typeof kms.EncryptRequest.create>[0] = {}) =>
  kms.EncryptRequest.create({ keyId: KEY_ID, plaintext: Buffer.from('hello'), encryptionContext: new Map([['__proto__', 'x']]), ...parts });

describe('unary calls', () => {
  test('encrypt and decrypt for a client certificate, with the request id of the record', async () => {
    const { answer, requestId } = await call<kms.EncryptRequest, kms.EncryptResponse>(client.encrypt.bind(client), encryptRequest());
    expect(answer.keyId).toBe(KEY_ARN);
    expect(edge.records.at(-1)).toMatchObject({ requestID: requestId, eventName: 'Encrypt', sourceIPAddress: '127.0.0.1' });
    const decrypted = await call<kms.DecryptRequest, kms.DecryptResponse>(
      client.decrypt.bind(client),
      kms.DecryptRequest.create({
        ciphertextBlob: answer.ciphertextBlob ?? Buffer.alloc(0),
        encryptionContext: new Map([['__proto__', 'x']]),
      }),
    );
    expect(decrypted.answer.plaintext?.toString()).toBe('hello');
  });

  test('reach every service of the contract', async () => {
    const { answer } = await call<sts.GetCallerIdentityRequest, sts.GetCallerIdentityResponse>(
      stsClient.getCallerIdentity.bind(stsClient),
      sts.GetCallerIdentityRequest.create(),
    );
    expect(answer).toMatchObject({ account: ACCOUNT });
    const described = await call<kms.DescribeKeyRequest, kms.DescribeKeyResponse>(
      client.describeKey.bind(client),
      kms.DescribeKeyRequest.create({ keyId: KEY_ID }),
    );
    expect(described.answer.keyMetadata?.creationDate).toEqual(new Date(1_700_000_000_123));
  });

  test('fail with status, details and request id', async () => {
    const failure = await call<kms.EncryptRequest, kms.EncryptResponse>(
      client.encrypt.bind(client),
      encryptRequest({ keyId: 'alias/denied' }),
    ).catch((error: unknown) => error as ServiceError & { requestId: string });
    expect(failure).toMatchObject({ code: status.PERMISSION_DENIED, requestId: edge.records.at(-1)?.['requestID'] });
    expect(fromServiceError(failure)).toMatchObject({ code: 'AccessDeniedException', message: 'User is not authorized' });
  });

  test('are validated as on the AWS wire', async () => {
    const failure = await call<kms.EncryptRequest, kms.EncryptResponse>(
      client.encrypt.bind(client),
      encryptRequest({ plaintext: Buffer.alloc(4097) }),
    ).catch(fromServiceError);
    expect(failure).toMatchObject({ code: 'ValidationException', message: expect.stringContaining("Value at 'plaintext'") as unknown });
  });

  test('without a certificate are nobody’s', async () => {
    const before = edge.records.length;
    const failure = await call<kms.EncryptRequest, kms.EncryptResponse>(anonymous.encrypt.bind(anonymous), encryptRequest()).catch(
      (error: unknown) => error as ServiceError,
    );
    expect(failure).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(edge.records).toHaveLength(before);
  });

  test('of a region go there', async () => {
    const metadata = new Metadata();
    metadata.set('x-trent-region', 'eu-west-1');
    await call<kms.DescribeKeyRequest, kms.DescribeKeyResponse>(
      client.describeKey.bind(client),
      kms.DescribeKeyRequest.create({ keyId: KEY_ID }),
      metadata,
    );
    expect(edge.records.at(-1)).toMatchObject({ awsRegion: 'eu-west-1' });
  });

  test('of a region that is not served are refused, not done in another', async () => {
    const metadata = new Metadata();
    metadata.set('x-trent-region', 'ap-south-1');
    const describe = kms.DescribeKeyRequest.create({ keyId: KEY_ID });
    const failure = await call<kms.DescribeKeyRequest, kms.DescribeKeyResponse>(client.describeKey.bind(client), describe, metadata).catch(
      fromServiceError,
    );
    expect(failure).toMatchObject({ code: 'ValidationException', message: 'The Region that is asked for is not served.' });
  });
});

describe('a batch', () => {
  /** Sends items as one message and gathers their results. */
  function batch(items: kms.BatchItem[], from = client): Promise<kms.BatchResult[]> {
    return new Promise((resolve, reject) => {
      const stream = from.batch();
      const results: kms.BatchResult[] = [];
      stream.on('data', (response: kms.BatchResponse) => results.push(...response.results));
      stream.on('error', reject);
      stream.on('end', () => resolve(results.sort((left, right) => left.id - right.id)));
      stream.write(kms.BatchRequest.create({ items }));
      stream.end();
    });
  }

  const item = (id: number, input: kms.BatchItem['input']): kms.BatchItem => ({ id, timeoutMs: 0, input });

  test('answers and records each item on its own', async () => {
    const before = edge.records.length;
    const results = await batch([
      item(1, { $case: 'encrypt', value: encryptRequest() }),
      item(2, { $case: 'encrypt', value: encryptRequest({ keyId: 'alias/denied' }) }),
      item(3, { $case: 'generateRandom', value: kms.GenerateRandomRequest.create({ numberOfBytes: 5 }) }),
      item(4, { $case: 'decrypt', value: kms.DecryptRequest.create({ ciphertextBlob: Buffer.from('garbage') }) }),
      item(5, undefined),
    ]);
    expect(results.map(({ outcome }) => (outcome?.$case === 'error' ? outcome.value.code : outcome?.$case))).toEqual([
      'encrypt',
      'AccessDeniedException',
      'generateRandom',
      'InvalidCiphertextException',
      'UnknownOperationException',
    ]);
    const recorded = edge.records.slice(before).map((record) => record['requestID']);
    expect(recorded.sort()).toEqual(
      results
        .slice(0, 4)
        .map(({ requestId }) => requestId)
        .sort(),
    );
  });

  test('of many items keeps them apart', async () => {
    const items = Array.from({ length: 200 }, (_, id) =>
      item(id, { $case: 'generateRandom', value: kms.GenerateRandomRequest.create({ numberOfBytes: (id % 64) + 1 }) }),
    );
    const results = await batch(items);
    expect(results.map(({ outcome }) => (outcome?.$case === 'generateRandom' ? outcome.value.plaintext?.length : -1))).toEqual(
      items.map((_, id) => (id % 64) + 1),
    );
    expect(new Set(results.map(({ requestId }) => requestId)).size).toBe(200);
  });

  test('of a gateway that drains: the client is told, what it has sent is answered, and the stream ends when the client ends it', async () => {
    const held = Promise.withResolvers<undefined>();
    const rooms = testRooms();
    let executing = 0;
    const execute: typeof rooms.execute = new Map([[REGION, (one) => ((executing += 1), held.promise.then(() => executeItem(one)))]]);
    const own = await openTestEdge({ rooms: { ...rooms, execute } });
    try {
      const { cert, key } = await own.deployment.pki.issue(`spiffe://trent/account/${ACCOUNT}/root`);
      const mtls = credentials.createSsl(Buffer.from(own.ca), Buffer.from(key), Buffer.from(cert));
      const draining = new kms.KmsServiceClient(`localhost:${String(own.edge.grpcPorts[0])}`, mtls);
      const stream = draining.batch();
      const frames: kms.BatchResponse[] = [];
      const told = Promise.withResolvers<undefined>();
      stream.on('data', (frame: kms.BatchResponse) => {
        frames.push(frame);
        if (frame.draining) told.resolve(undefined);
      });
      const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
      stream.write(kms.BatchRequest.create({ items: [item(1, { $case: 'encrypt', value: encryptRequest() })] }));
      while (executing === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const end = own[Symbol.asyncDispose]();
      await told.promise;
      held.resolve(undefined);
      stream.end();
      await ended;
      expect(frames.flatMap(({ results }) => results).map(({ id, outcome }) => [id, outcome?.$case])).toEqual([[1, 'encrypt']]);
      draining.close();
      await end;
    } finally {
      held.resolve(undefined);
    }
  });

  test('without a certificate is refused', async () => {
    await expect(batch([item(1, { $case: 'encrypt', value: encryptRequest() })], anonymous)).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    });
  });
});
