import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isTrentError, kms, type Input, type TrentClient } from '@trent/client';
import { Caller, jsonHeaders, type Members } from '../fixtures/caller.ts';
import { aKey, blob, UNKNOWN_KEY_ID, type TestKey } from '../fixtures/keys.ts';
import { connectNative } from '../fixtures/native.ts';

const caller = new Caller();
let trent: TrentClient;
let key: TestKey;
let disabled: TestKey;
let doomed: TestKey;
beforeAll(async () => {
  trent = connectNative();
  key = await aKey(caller);
  disabled = await aKey(caller, { state: 'Disabled' });
  doomed = await aKey(caller, { state: 'PendingDeletion' });
});
afterAll(() => {
  trent.close();
  caller[Symbol.dispose]();
});

const plaintext = Buffer.from('x');

/** One request as JSON and as protobuf. */
interface Same {
  readonly name: string;
  readonly json: () => Members;
  readonly native: () => Input<kms.EncryptRequest>;
}

describe('P6: the same request gets the same answer, whichever wire it came by', () => {
  test.each<Same>([
    {
      name: 'an unknown key',
      json: () => ({ KeyId: UNKNOWN_KEY_ID, Plaintext: blob('x') }),
      native: () => ({ keyId: UNKNOWN_KEY_ID, plaintext }),
    },
    {
      name: 'a disabled key',
      json: () => ({ KeyId: disabled.id, Plaintext: blob('x') }),
      native: () => ({ keyId: disabled.id, plaintext }),
    },
    { name: 'a doomed key', json: () => ({ KeyId: doomed.id, Plaintext: blob('x') }), native: () => ({ keyId: doomed.id, plaintext }) },
    { name: 'no key', json: () => ({ Plaintext: blob('x') }), native: () => ({ plaintext }) },
    { name: 'nothing at all', json: () => ({}), native: () => ({}) },
    {
      name: 'too much plaintext',
      json: () => ({ KeyId: key.id, Plaintext: blob(Buffer.alloc(4097)) }),
      native: () => ({ keyId: key.id, plaintext: Buffer.alloc(4097) }),
    },
    {
      name: 'an algorithm of other keys',
      json: () => ({ KeyId: key.id, Plaintext: blob('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      native: () => ({
        keyId: key.id,
        plaintext,
        encryptionAlgorithm: kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1,
      }),
    },
    {
      name: 'a dry run',
      json: () => ({ KeyId: key.id, Plaintext: blob('x'), DryRun: true }),
      native: () => ({ keyId: key.id, plaintext, dryRun: true }),
    },
  ])('$name', async ({ json, native }) => {
    const { error, message } = await caller.kms('Encrypt', json());
    const failed = async (call: Promise<unknown>): Promise<unknown> => {
      const thrown: unknown = await call.catch((reason: unknown) => reason);
      return isTrentError(thrown) ? { error: thrown.code, message: thrown.message } : thrown;
    };
    expect(error).toBeDefined();
    expect(await failed(trent.encrypt(native()))).toEqual({ error, message });
    expect(await failed(trent.batch.encrypt(native()))).toEqual({ error, message });
  });

  test('answers carry the headers that SDKs read', async () => {
    const { http } = await caller.ok('DescribeKey', { KeyId: key.id });
    expect(http.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f]{8}-/),
      'cache-control': 'no-cache, no-store, must-revalidate, private',
      date: expect.any(String),
    });
    expect((await caller.kms('DescribeKey', { KeyId: 'x' })).http.headers['x-amzn-errortype']).toBe('NotFoundException');
  });
});

describe('P6: checks come in the order in which AWS makes them', () => {
  test('an unknown operation is told before the signature is looked at', async () => {
    const plain = { headers: jsonHeaders('TrentService.Nothing'), body: '{' };
    expect((await caller.wire.send(plain)).text).toContain('UnknownOperationException');
  });

  test('the signature comes before the body: a malformed body of a stranger is a wrong signature', async () => {
    using impostor = new Caller({ account: { ...caller.account, secretAccessKey: 'guessed' } });
    expect((await impostor.raw('Encrypt', '{')).error).toBe('InvalidSignatureException');
    expect((await caller.raw('Encrypt', '{')).error).toBe('SerializationException');
  });

  test('the bounds of members come before the key', async () => {
    expect((await caller.kms('Encrypt', { KeyId: UNKNOWN_KEY_ID, Plaintext: '' })).error).toBe('ValidationException');
  });

  test('the state of the key comes before its usage', async () => {
    const input = { KeyId: disabled.id, Plaintext: blob('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' };
    expect((await caller.kms('Encrypt', input)).error).toBe('DisabledException');
  });

  test('all checks come before the dry run is told', async () => {
    expect((await caller.kms('Encrypt', { KeyId: disabled.id, Plaintext: blob('x'), DryRun: true })).error).toBe('DisabledException');
  });
});
