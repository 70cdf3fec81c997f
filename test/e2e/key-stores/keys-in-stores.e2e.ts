import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachCluster, waitUntil } from '@trent/local-cluster';
import type { Caller, Members } from '../fixtures/caller.ts';
import {
  aConnectedStore,
  ANOTHER_TOKEN,
  aStore,
  aStoreKey,
  aStoreOwner,
  DEMONSTRATION,
  objectsIn,
  storeOf,
  UNKNOWN_STORE,
} from '../fixtures/key-stores.ts';
import { aKey, blob, encrypted, tampered, type TestKey } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { expectRecord } from '../fixtures/records.ts';
import { testRefusals } from '../fixtures/refusals.ts';

const RECOVERED_MS = 60_000;
let caller: Caller;
let store: string;
let disconnected: string;
let key: TestKey;
beforeAll(async () => {
  caller = await aStoreOwner();
  store = await aConnectedStore(caller);
  disconnected = await aStore(caller, ANOTHER_TOKEN);
  key = await aStoreKey(caller, store);
});
afterAll(() => caller[Symbol.dispose]());

describe('a key of a custom key store', () => {
  test('is an object of the store’s token that never leaves it, and nothing of it is wrapped anywhere', async () => {
    const { body } = await caller.ok('DescribeKey', { KeyId: key.id });
    expect(body['KeyMetadata']).toMatchObject({
      Origin: 'AWS_CLOUDHSM',
      CustomKeyStoreId: store,
      CloudHsmClusterId: DEMONSTRATION,
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: false,
    });
    expect(body['KeyMetadata']).not.toHaveProperty('CurrentKeyMaterialId');
    const [object, ...others] = (await objectsIn(DEMONSTRATION)).filter(({ label }) => label === `trent/key/${caller.region}/${key.id}`);
    expect(others).toEqual([]);
    expect(object).toMatchObject({
      ...{ token: true, sensitive: true, extractable: false, neverExtractable: true, valueLength: 32 },
      ...{ derive: true, encrypt: false, decrypt: false, hasValue: false },
    });
    const database = await connectPostgres();
    const { rows } = await database.query<{ token: Buffer; objectId: string }>(
      `select m.token, k.store_object_id as "objectId" from key_metadata.materials m join key_metadata.keys k using (region, key_id) where key_id = $1`,
      [key.id],
    );
    await database.end();
    expect(rows).toHaveLength(1);
    const token = rows[0]?.token ?? Buffer.alloc(0);
    expect(rows[0]?.objectId).toBe(object?.['id']);
    // Format 3: the header fills the token up to its MAC.
    expect([token[3], token.readUInt16BE(4)]).toEqual([3, token.length - 32]);
  });

  test('encrypts and decrypts with its context, re-encrypts to and from other keys, and makes data keys', async () => {
    const EncryptionContext = { tenant: 'blue' };
    const ciphertext = await encrypted(caller, key, 'orders', { EncryptionContext });
    expect((await caller.ok('Decrypt', { CiphertextBlob: ciphertext, EncryptionContext })).body).toMatchObject({
      KeyId: key.arn,
      Plaintext: blob('orders'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    const other = await aKey(caller);
    const there = await caller.ok('ReEncrypt', {
      ...{ CiphertextBlob: ciphertext, SourceEncryptionContext: EncryptionContext },
      ...{ DestinationKeyId: other.id, DestinationEncryptionContext: EncryptionContext },
    });
    const back = await caller.ok('ReEncrypt', {
      ...{ CiphertextBlob: there.body['CiphertextBlob'], SourceEncryptionContext: EncryptionContext, DestinationKeyId: key.id },
    });
    expect(back.body).toMatchObject({ SourceKeyId: other.arn, KeyId: key.arn });
    expect((await caller.ok('Decrypt', { CiphertextBlob: back.body['CiphertextBlob'] })).body['Plaintext']).toBe(blob('orders'));
    const dataKey = await caller.ok('GenerateDataKey', { KeyId: key.id, NumberOfBytes: 64 });
    const opened = await caller.ok('Decrypt', { CiphertextBlob: dataKey.body['CiphertextBlob'] });
    expect(opened.body['Plaintext']).toBe(dataKey.body['Plaintext']);
    const { body } = await caller.ok('GenerateDataKeyWithoutPlaintext', { KeyId: key.id, KeySpec: 'AES_128' });
    expect(body).not.toHaveProperty('Plaintext');
    const longest = Buffer.alloc(4096, 'x').toString('base64');
    const long = await caller.ok('Encrypt', { KeyId: key.id, Plaintext: longest });
    expect((await caller.ok('Decrypt', { CiphertextBlob: long.body['CiphertextBlob'] })).body['Plaintext']).toBe(longest);
  });

  test('opens nothing that was altered, or of another context', async () => {
    const ciphertext = await encrypted(caller, key, 'orders', { EncryptionContext: { tenant: 'blue' } });
    for (const input of [
      { CiphertextBlob: tampered(ciphertext), EncryptionContext: { tenant: 'blue' } },
      { CiphertextBlob: ciphertext, EncryptionContext: { tenant: 'red' } },
      { CiphertextBlob: ciphertext },
    ]) {
      expect(await caller.kms('Decrypt', input)).toMatchObject({ status: 400, error: 'InvalidCiphertextException' });
    }
  });

  test('gives GenerateRandom its token’s generator', async () => {
    const answer = await caller.ok('GenerateRandom', { NumberOfBytes: 32, CustomKeyStoreId: store });
    expect(Buffer.from(String(answer.body['Plaintext']), 'base64')).toHaveLength(32);
    const record = await expectRecord(caller, 'GenerateRandom', answer, { readOnly: true });
    expect(JSON.stringify(record)).not.toContain(answer.body['Plaintext']);
  });

  test('can do what any symmetric key can but rotate, be imported, be replicated or make pairs', async () => {
    const KeyId = key.id;
    const wrongOrigin = `${key.arn} origin is AWS_CLOUDHSM which is not valid for this operation.`;
    for (const [operation, more] of Object.entries({
      EnableKeyRotation: {},
      DisableKeyRotation: {},
      GetKeyRotationStatus: {},
      RotateKeyOnDemand: {},
      GetParametersForImport: { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
      GenerateDataKeyPair: { KeyPairSpec: 'ECC_NIST_P256' },
    })) {
      expect([operation, await caller.kms(operation, { KeyId, ...more })]).toMatchObject([
        operation,
        { error: 'UnsupportedOperationException', message: wrongOrigin },
      ]);
    }
    expect(await caller.kms('ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' })).toMatchObject({
      error: 'UnsupportedOperationException',
    });
  });

  test('another account uses it under its policy, as any key', async () => {
    const stranger = await aStoreOwner();
    const input = { KeyId: key.arn, Plaintext: blob('x') };
    expect(await stranger.kms('Encrypt', input)).toMatchObject({ error: 'AccessDeniedException' });
    stranger[Symbol.dispose]();
  });

  test('comes back by itself when the process that holds its store is killed', async () => {
    const ciphertext = await encrypted(caller, key, 'kept');
    await attachCluster(caller.cluster.folder.dir).kill('key-store-a');
    await waitUntil('the key to be usable again', RECOVERED_MS, async () => {
      const { error, body } = await caller.kms('Decrypt', { CiphertextBlob: ciphertext });
      if (error === undefined) return body['Plaintext'] === blob('kept') ? true : 'another plaintext';
      // What a client repeats, or what it is told of a store that is not connected.
      expect(['KMSInternalException', 'DependencyTimeoutException', 'KMSInvalidStateException']).toContain(error);
      return error;
    });
    await aStoreKey(caller, store);
  });
});

describe('CreateKey in a custom key store', () => {
  const inStore =
    (more: Members = {}): (() => Members) =>
    () => ({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: store, ...more });

  testRefusals('CreateKey', false, () => caller, [
    {
      name: 'an unknown store is not found',
      input: inStore({ CustomKeyStoreId: UNKNOWN_STORE }),
      error: 'CustomKeyStoreNotFoundException',
    },
    {
      name: 'a store that is not connected takes no keys',
      input: () => ({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: disconnected }),
      error: 'CustomKeyStoreInvalidStateException',
    },
    {
      name: 'the origin AWS_CLOUDHSM requires a store',
      input: () => ({ Origin: 'AWS_CLOUDHSM' }),
      error: 'ValidationException',
      message: 'Origin AWS_CLOUDHSM requires the CustomKeyStoreId parameter.',
    },
    {
      name: 'a store goes with its own origin',
      input: inStore({ Origin: undefined }),
      error: 'ValidationException',
      message: 'Origin AWS_KMS does not allow the CustomKeyStoreId parameter.',
    },
    {
      name: 'a store of tokens has no external keys',
      input: inStore({ Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'external' }),
      error: 'ValidationException',
      message: 'Origin EXTERNAL_KEY_STORE is not valid for a custom key store of type AWS_CLOUDHSM.',
    },
    {
      name: 'an external key goes with an external key store alone',
      input: inStore({ XksKeyId: 'external' }),
      error: 'ValidationException',
      message: 'Origin AWS_CLOUDHSM does not allow the XksKeyId parameter.',
    },
    {
      name: 'a store keeps symmetric keys alone',
      input: inStore({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
      error: 'ValidationException',
      message: 'KeySpec RSA_2048 is not supported for Origin AWS_CLOUDHSM',
    },
    {
      name: 'a store keeps keys of one Region alone',
      input: inStore({ MultiRegion: true }),
      error: 'ValidationException',
      message: 'MultiRegion is not supported for Origin AWS_CLOUDHSM',
    },
  ]);

  test('another account’s store is not found', async () => {
    const stranger = await aStoreOwner();
    expect(await stranger.kms('CreateKey', inStore()())).toMatchObject({ error: 'CustomKeyStoreNotFoundException' });
    expect(await stranger.kms('GenerateRandom', { NumberOfBytes: 8, CustomKeyStoreId: store })).toMatchObject({
      error: 'CustomKeyStoreNotFoundException',
    });
    stranger[Symbol.dispose]();
  });

  test('a store that is not connected gives no random bytes', async () => {
    expect(await caller.kms('GenerateRandom', { NumberOfBytes: 8, CustomKeyStoreId: disconnected })).toMatchObject({
      error: 'CustomKeyStoreInvalidStateException',
    });
  });
});

describe('a repeated CreateCustomKeyStore of one SDK invocation', () => {
  test('answers the first store', async () => {
    const owner = await aStoreOwner();
    const body = JSON.stringify(storeOf(DEMONSTRATION));
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.CreateCustomKeyStore',
      'amz-sdk-invocation-id': crypto.randomUUID(),
    };
    const answers = [];
    for (let times = 0; times < 2; times++) {
      const plain = { headers, body };
      answers.push(await owner.wire.send({ ...plain, headers: await owner.sign(plain) }));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]?.text).toBe(answers[0]?.text);
    owner[Symbol.dispose]();
  });
});
