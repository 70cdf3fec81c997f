import { Client, credentials, Metadata, Server, ServerCredentials, type ServerDuplexStream, type UntypedHandleCall } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { toServiceError } from '@trent/bootstrap/error-status';
import { kms } from '@trent/contracts';
import { trentError } from '@trent/errors';
import { batchCalls } from './batch-calls.ts';
import { BatchStream } from './batch-stream.ts';
import { requestIdOf } from './request-ids.ts';
import { unaryCalls } from './unary-calls.ts';

type Call = ServerDuplexStream<kms.BatchRequest, kms.BatchResponse>;

/** A gRPC server on a free port that answers as the test says; what it is not told it refuses as unimplemented. */
class AnsweringServer {
  readonly #server = new Server();
  readonly invocations: string[] = [];
  readonly batches: number[] = [];
  describeKey: (request: kms.DescribeKeyRequest) => kms.DescribeKeyResponse = () => kms.DescribeKeyResponse.create({});
  onBatch: (call: Call, request: kms.BatchRequest) => void = (call, { items }) => call.write({ results: items.map(echo), draining: false });

  onEnd: (call: Call) => void = (call) => call.end();

  async start(): Promise<Client> {
    const implementation: Record<string, UntypedHandleCall> = {
      describeKey: (
        call: { request: kms.DescribeKeyRequest; metadata: Metadata; sendMetadata: (metadata: Metadata) => void },
        callback: (error: object | null, value?: object) => void,
      ) => {
        this.invocations.push(String(call.metadata.get('amz-sdk-invocation-id')[0]));
        const metadata = new Metadata();
        metadata.set('x-amzn-requestid', `request-${String(this.invocations.length)}`);
        call.sendMetadata(metadata);
        try {
          callback(null, this.describeKey(call.request));
        } catch (error) {
          callback(toServiceError(error));
        }
      },
      batch: (call: Call) => {
        call.on('data', (request: kms.BatchRequest) => {
          this.batches.push(request.items.length);
          this.onBatch(call, request);
        });
        call.on('end', () => this.onEnd(call));
        call.on('error', () => undefined);
      },
    };
    this.#server.addService({ describeKey: kms.KmsServiceService.describeKey, batch: kms.KmsServiceService.batch }, implementation);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

function echo({ id, input }: kms.BatchItem): kms.BatchResult {
  const value = input?.$case === 'encrypt' ? input.value.plaintext : undefined;
  return kms.BatchResult.create({ id, requestId: `item-${String(id)}`, outcome: { $case: 'encrypt', value: { ciphertextBlob: value } } });
}

let server: AnsweringServer;
let client: Client;
beforeEach(async () => {
  server = new AnsweringServer();
  client = await server.start();
});
afterEach(() => {
  client.close();
  server.stop();
});

describe('unary calls', () => {
  const calls = () => unaryCalls(client, kms.KmsServiceService, new Metadata());

  test('there is one for every unary method of the definition, and none for the stream', () => {
    const unary = Object.entries(kms.KmsServiceService).filter(([, method]) => !method.requestStream);
    expect(Object.keys(calls())).toEqual(unary.map(([name]) => name));
    expect(calls()).not.toHaveProperty('batch');
  });

  test('an answer comes with its request id', async () => {
    server.describeKey = ({ keyId }) => kms.DescribeKeyResponse.create({ keyMetadata: { keyId } });
    const answer = await calls().describeKey({ keyId: 'k' });
    expect(answer.keyMetadata?.keyId).toBe('k');
    expect(requestIdOf(answer)).toBe('request-1');
  });

  test('an error is the TrentError that the service threw, with its request id', async () => {
    server.describeKey = () => {
      throw trentError('NotFoundException', "Key 'x' does not exist");
    };
    const error = await calls()
      .describeKey({ keyId: 'x' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NotFoundException', message: "Key 'x' does not exist" });
    expect(requestIdOf(error)).toBe('request-1');
    expect(server.invocations).toHaveLength(1);
  });

  test('a failure that may pass is repeated under the same invocation id, three times at most', async () => {
    server.describeKey = () => {
      throw trentError('ThrottlingException', 'Rate exceeded');
    };
    await expect(calls().describeKey({ keyId: 'x' })).rejects.toMatchObject({ code: 'ThrottlingException' });
    expect(server.invocations).toHaveLength(3);
    expect(new Set(server.invocations).size).toBe(1);
  });
});

describe('batch calls', () => {
  let stream: BatchStream;
  beforeEach(() => {
    stream = new BatchStream(client, new Metadata());
  });
  afterEach(() => {
    stream.close();
  });

  test('calls of one turn leave in messages of 64 and are answered each for itself', async () => {
    const calls = batchCalls(stream);
    const plaintexts = Array.from({ length: 200 }, (_, n) => Buffer.from(`plaintext ${String(n)}`));
    const answers = await Promise.all(plaintexts.map((plaintext) => calls.encrypt({ keyId: 'k', plaintext })));
    expect(answers.map(({ ciphertextBlob }) => ciphertextBlob)).toEqual(plaintexts);
    expect(server.batches).toEqual([64, 64, 64, 8]);
    expect(new Set(answers.map(requestIdOf)).size).toBe(200);
  });

  test('an item that is refused leaves the others alone', async () => {
    server.onBatch = (call, { items }) =>
      call.write({
        results: items.map((item, index) =>
          index === 0
            ? kms.BatchResult.create({
                id: item.id,
                requestId: 'refused',
                outcome: { $case: 'error', value: { code: 'DisabledException', message: 'k is disabled.' } },
              })
            : echo(item),
        ),
        draining: false,
      });
    const calls = batchCalls(stream);
    const [refused, answered] = await Promise.allSettled([
      calls.encrypt({ keyId: 'k', plaintext: Buffer.from('a') }),
      calls.encrypt({ keyId: 'k', plaintext: Buffer.from('b') }),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'DisabledException', message: 'k is disabled.' } });
    expect(requestIdOf((refused as PromiseRejectedResult).reason)).toBe('refused');
    expect(answered).toMatchObject({ status: 'fulfilled', value: { ciphertextBlob: Buffer.from('b') } });
  });

  test('what was on its way when the stream broke is sent again on the next one', async () => {
    let broken = false;
    const answer = server.onBatch;
    server.onBatch = (call, request) => {
      if (broken) answer(call, request);
      else {
        broken = true;
        call.emit('error', { code: 14, details: 'gone' });
      }
    };
    const { ciphertextBlob } = await batchCalls(stream).encrypt({ keyId: 'k', plaintext: Buffer.from('x') });
    expect(ciphertextBlob).toEqual(Buffer.from('x'));
    expect(server.batches).toEqual([1, 1]);
  });

  test('an item without an answer ends with its time', async () => {
    server.onBatch = () => undefined;
    await expect(batchCalls(stream).generateRandom({ numberOfBytes: 1 }, { timeoutMs: 60 })).rejects.toMatchObject({
      code: 'DependencyTimeoutException',
    });
  });

  test('a gateway that drains answers what it has; everything else goes on the next stream, and nothing fails or is sent twice', async () => {
    const streams = new Set<Call>();
    const seen: number[] = [];
    const held: (() => void)[] = [];
    server.onEnd = () => undefined; // as the gateway: a stream ends when its last item is answered
    server.onBatch = (call, { items }) => {
      streams.add(call);
      seen.push(...items.map(({ id }) => id));
      const answer = (): void => void call.write({ results: items.map(echo), draining: false });
      if (streams.size === 1) held.push(answer, () => call.end());
      else answer();
      if (streams.size === 1) call.write({ results: [], draining: true });
    };
    const calls = batchCalls(stream);
    const encrypt = (n: number) => calls.encrypt({ keyId: 'k', plaintext: Buffer.from([n]) });
    const first = encrypt(1);
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20)); // the frame has come
    const others = await Promise.all([encrypt(2), encrypt(3)]);
    expect(others.map(({ ciphertextBlob }) => [...(ciphertextBlob ?? [])])).toEqual([[2], [3]]);
    held.forEach((answer) => answer());
    expect([...((await first).ciphertextBlob ?? [])]).toEqual([1]);
    expect(streams.size).toBe(2);
    expect(seen).toHaveLength(3);
  });
});
