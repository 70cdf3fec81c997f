import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials, loadPackageDefinition, type MethodDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kms, requestIdOf, type TrentClient } from '@trent/client';
import { operations } from '@trent/contracts';
import { service as healthDefinition } from 'grpc-health-check';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster, variable, type TestAccount } from '../fixtures/cluster.ts';
import { connectNative } from '../fixtures/native.ts';
import { recordOf } from '../fixtures/records.ts';

const cluster = testCluster();
const ca = readFileSync(variable(cluster, 'TRENT_CA'));
const target = variable(cluster, 'TRENT_GRPC_TARGET');
const caller = new Caller();
let trent: TrentClient;
let keyId = '';
let stranger: TestAccount;
beforeAll(async () => {
  trent = connectNative();
  const { keyMetadata } = await trent.createKey({ description: 'native' });
  keyId = keyMetadata?.keyId ?? '';
  stranger = await anotherAccount(cluster);
});
afterAll(() => {
  trent.close();
  caller[Symbol.dispose]();
});

describe('the native API through our own client', () => {
  test('has every operation of KMS, STS and CloudTrail', () => {
    const names = [...operations.values()]
      .filter(({ name }) => !name.startsWith('iam.'))
      .map(({ rpc }) => rpc.charAt(0).toLowerCase() + rpc.slice(1));
    expect(Object.keys(trent)).toEqual(expect.arrayContaining(names));
  });

  test('does what the AWS wires do, for the same account', async () => {
    const { ciphertextBlob } = await trent.encrypt({ keyId, plaintext: Buffer.from('kept'), encryptionContext: { tenant: 'blue' } });
    const opened = await caller.ok('Decrypt', {
      CiphertextBlob: ciphertextBlob?.toString('base64'),
      EncryptionContext: { tenant: 'blue' },
    });
    expect(Buffer.from(String(opened.body['Plaintext']), 'base64').toString()).toBe('kept');
    expect((await trent.getCallerIdentity()).arn).toBe(`arn:aws:iam::${caller.account.accountId}:root`);
    const { keyMetadata } = await trent.describeKey({ keyId });
    expect(keyMetadata).toMatchObject({ keyId, keyState: kms.KeyState.KEY_STATE_ENABLED, description: 'native' });
  });

  test('every management operation answers', async () => {
    const aliasName = `alias/native-${keyId}`;
    await trent.createAlias({ aliasName, targetKeyId: keyId });
    expect((await trent.listAliases({ keyId })).aliases).toMatchObject([{ aliasName, targetKeyId: keyId }]);
    expect((await trent.listKeys({ limit: 1000 })).keys.map((key) => key.keyId)).toContain(keyId);
    expect((await trent.getKeyPolicy({ keyId })).policy).toContain('kms:*');
    expect((await trent.listResourceTags({ keyId })).tags).toEqual([]);
    await trent.disableKey({ keyId });
    await expect(trent.generateRandom({ numberOfBytes: 3 })).resolves.toMatchObject({ plaintext: expect.any(Buffer) });
    await trent.enableKey({ keyId });
    const scheduled = await trent.scheduleKeyDeletion({ keyId, pendingWindowInDays: 7 });
    expect(scheduled.deletionDate?.getTime()).toBeGreaterThan(Date.now());
    await trent.cancelKeyDeletion({ keyId });
    await trent.enableKey({ keyId });
  });

  test('meets the same errors, with a request id that leads to the record', async () => {
    const error: unknown = await trent.encrypt({ keyId: 'alias/unknown', plaintext: Buffer.from('x') }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NotFoundException', message: expect.stringContaining('alias/unknown is not found.') });
    const requestId = requestIdOf(error);
    expect(await recordOf(caller, 'Encrypt', { requestId: String(requestId) })).toMatchObject({ errorCode: 'NotFoundException' });
  });

  test('a batch signs and checks signatures', async () => {
    const { keyMetadata } = await trent.createKey({
      keySpec: kms.KeySpec.KEY_SPEC_ECC_NIST_P256,
      keyUsage: kms.KeyUsage.KEY_USAGE_SIGN_VERIFY,
    });
    const signer = keyMetadata?.keyId ?? '';
    const signingAlgorithm = kms.SigningAlgorithm.SIGNING_ALGORITHM_ECDSA_SHA_256;
    const messages = Array.from({ length: 10 }, (_, index) => Buffer.from(`message ${String(index)}`));
    const signed = await Promise.all(messages.map((message) => trent.batch.sign({ keyId: signer, message, signingAlgorithm })));
    const verdicts = await Promise.all(
      signed.map(({ signature = Buffer.alloc(0) }, index) => {
        const message = messages[index] ?? Buffer.alloc(0);
        return trent.batch.verify({ keyId: signer, message, signature, signingAlgorithm });
      }),
    );
    expect(verdicts.map(({ signatureValid }) => signatureValid)).toEqual(messages.map(() => true));
    const forged = { keyId: signer, message: Buffer.from('x'), signature: signed[0]?.signature ?? Buffer.alloc(0), signingAlgorithm };
    await expect(trent.batch.verify(forged)).rejects.toMatchObject({ code: 'KMSInvalidSignatureException' });
  });

  test('a batch answers, authorises and records each item by itself', async () => {
    const plaintexts = Array.from({ length: 150 }, (_, n) => Buffer.from(`item ${String(n)}`));
    const answers = await Promise.all(plaintexts.map((plaintext) => trent.batch.encrypt({ keyId, plaintext })));
    const opened = await Promise.all(answers.map(({ ciphertextBlob = Buffer.alloc(0) }) => trent.batch.decrypt({ ciphertextBlob })));
    expect(opened.map(({ plaintext }) => plaintext)).toEqual(plaintexts);
    expect(new Set(answers.map(requestIdOf)).size).toBe(plaintexts.length);
    const [good, bad] = await Promise.allSettled([
      trent.batch.generateDataKey({ keyId, numberOfBytes: 32 }),
      trent.batch.generateDataKey({ keyId: '00000000-0000-4000-8000-000000000000', numberOfBytes: 32 }),
    ]);
    expect(good.status).toBe('fulfilled');
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'NotFoundException' } });
    const refused = String(requestIdOf((bad as PromiseRejectedResult).reason));
    expect(await recordOf(caller, 'GenerateDataKey', { requestId: refused })).toMatchObject({ errorCode: 'NotFoundException' });
  });

  test('a certificate of another account opens nothing of this one', async () => {
    using other = connectNative({ account: stranger });
    expect((await other.getCallerIdentity()).account).toBe(stranger.accountId);
    const arn = `arn:aws:kms:${caller.region}:${caller.account.accountId}:key/${keyId}`;
    await expect(other.encrypt({ keyId: arn, plaintext: Buffer.from('x') })).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await expect(other.batch.encrypt({ keyId: arn, plaintext: Buffer.from('x') })).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });

  test('a region can be asked by name', async () => {
    using elsewhere = connectNative({ region: 'eu-west-1' });
    await expect(elsewhere.describeKey({ keyId })).rejects.toMatchObject({ code: 'NotFoundException' });
  });
});

describe('the native API through any gRPC client', () => {
  const anonymous = (): Client => new Client(target, credentials.createSsl(ca));

  test('an operation without a client certificate is refused', async () => {
    const client = anonymous();
    const { path, requestSerialize, responseDeserialize } = kms.KmsServiceService.generateRandom;
    const request = { numberOfBytes: 1, customKeyStoreId: undefined, recipient: undefined };
    const error = await new Promise((resolve) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, resolve);
    });
    expect(error).toMatchObject({ code: 16 });
    client.close();
  });

  test('health says SERVING, as a whole and by service', async () => {
    const client = anonymous();
    const check = (healthDefinition as unknown as Record<string, MethodDefinition<object, object>>)['Check']!;
    const health = (service: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(check.path, check.requestSerialize, check.responseDeserialize, { service }, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      });
    expect(await health('')).toEqual({ status: 'SERVING' });
    expect(await health('trent.kms.v1.KmsService')).toEqual({ status: 'SERVING' });
    client.close();
  });

  test('reflection lists the public services and describes them', async () => {
    const client = anonymous();
    const method = reflectionMethod();
    const stream = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
    for (const request of [{ listServices: '*' }, { fileContainingSymbol: 'trent.kms.v1.KmsService' }]) stream.write(request);
    stream.end();
    const answers: unknown[] = [];
    for await (const answer of stream) answers.push(answer);
    const listed = (answers[0] as { listServicesResponse: { service: { name: string }[] } }).listServicesResponse.service;
    expect(listed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['trent.kms.v1.KmsService', 'trent.sts.v1.StsService', 'trent.cloudtrail.v1.CloudTrailService']),
    );
    expect(listed.map(({ name }) => name)).not.toContain('trent.execute.v1.ExecuteService');
    const { fileDescriptorProto } = (answers[1] as { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } }).fileDescriptorResponse;
    expect(Buffer.concat(fileDescriptorProto).includes('KmsService')).toBe(true);
    client.close();
  });
});

/** ServerReflectionInfo, by the proto that the reflection package brings. */
function reflectionMethod(): MethodDefinition<object, object> {
  const file = join(import.meta.dirname, '../../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto');
  const loaded = loadPackageDefinition(loadSync(file, { oneofs: true })) as unknown as {
    grpc: { reflection: { v1: { ServerReflection: { service: ServiceDefinition } } } };
  };
  return Object.values(loaded.grpc.reflection.v1.ServerReflection.service)[0] as unknown as MethodDefinition<object, object>;
}
