import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { newProxyCredential, type ProxyFault } from '@trent/local-cluster';
import { Caller, type Members } from '../fixtures/caller.ts';
import { aConnectedExternalStore, anExternalKey, anExternalStore, anExternalStoreKey, externalStore } from '../fixtures/external-stores.ts';
import { aStoreOwner, connect, described, disconnect, inState, storeOf } from '../fixtures/key-stores.ts';
import type { TestKey } from '../fixtures/keys.ts';
import { connectPostgres } from '../fixtures/postgres.ts';
import { recordOf } from '../fixtures/records.ts';
import { sdkClient } from '../fixtures/sdk.ts';
import { sharedProxy, SILENT_HOST, STRANGE_HOST, VPC_SERVICE } from '../shared-xks-proxy.ts';

const STATE = 'KMSInvalidStateException';
const STORE_STATE = 'CustomKeyStoreInvalidStateException';
const plaintext = Buffer.from('attack at dawn');
const Plaintext = plaintext.toString('base64');
const EncryptionContext = { tenant: 'blue' };

const proxy = sharedProxy();
let owner: Caller;
let storeId: string;
let externalKeyId: string;
let key: TestKey;
beforeAll(async () => {
  owner = await aStoreOwner();
  storeId = await aConnectedExternalStore(owner);
  externalKeyId = await anExternalKey({ metadata: 'key_version=1' });
  key = await anExternalStoreKey(owner, storeId, externalKeyId);
}, 120_000);
afterEach(() => proxy.behave());
afterAll(() => owner[Symbol.dispose]());

const createKey = (XksKeyId: string, CustomKeyStoreId = storeId) =>
  owner.kms('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId });
const encrypt = (KeyId = key.id) => owner.kms('Encrypt', { KeyId, Plaintext, EncryptionContext });
const decrypt = (CiphertextBlob: unknown, more: Members = {}) => owner.kms('Decrypt', { CiphertextBlob, EncryptionContext, ...more });
const sealed = async (): Promise<string> =>
  String((await owner.ok('Encrypt', { KeyId: key.id, Plaintext, EncryptionContext })).body['CiphertextBlob']);

describe('with the AWS SDK, a key of an external key store', () => {
  test('is made, described and used as any symmetric key', async () => {
    const kms = sdkClient();
    using first = new Caller();
    const store = await aConnectedExternalStore(first);
    const XksKeyId = await anExternalKey();
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: store, XksKeyId }));
    const KeyId = KeyMetadata?.KeyId;
    expect((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
      Origin: 'EXTERNAL_KEY_STORE',
      CustomKeyStoreId: store,
      XksKeyConfiguration: { Id: XksKeyId },
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
    });
    const ordinary = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId;
    const one = await kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext, EncryptionContext }));
    const two = await kms.send(
      new ReEncryptCommand({ CiphertextBlob: one.CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: ordinary }),
    );
    const three = await kms.send(new ReEncryptCommand({ CiphertextBlob: two.CiphertextBlob, DestinationKeyId: KeyId }));
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: three.CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('attack at dawn');
    expect(opened.KeyId).toBe(KeyMetadata?.Arn);
    const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    const again = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
    expect(again.Plaintext).toEqual(dataKey.Plaintext);
    const hidden = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 24 }));
    expect((await kms.send(new DecryptCommand({ CiphertextBlob: hidden.CiphertextBlob }))).Plaintext).toHaveLength(24);
    await disconnect(first, store);
  });
});

describe('neither side alone can decrypt', () => {
  test('the proxy sees a ciphertext of Trent and never the plaintext', async () => {
    await proxy.forget();
    const blob = Buffer.from(await sealed(), 'base64');
    expect((await decrypt(blob.toString('base64'))).body).toMatchObject({ Plaintext });
    const seen = await proxy.seen();
    const sent = Buffer.from(String((seen[0]?.body as Members)['plaintext']), 'base64');
    expect(sent.subarray(0, 3).toString('hex')).toBe('544301');
    for (const text of [sent.toString('latin1'), JSON.stringify(seen), blob.toString('latin1')]) {
      expect(text).not.toContain('attack at dawn');
      expect(text).not.toContain(Plaintext);
    }
    // What the external key opens is closed under the key of Trent, and no ciphertext of its own.
    expect((await decrypt(sent.toString('base64'))).error).toBe('InvalidCiphertextException');
  });

  test('Trent opens nothing once the external key is gone', async () => {
    const id = await anExternalKey();
    const lost = await anExternalStoreKey(owner, storeId, id);
    const { body } = await encrypt(lost.id);
    await proxy.removeKey(id);
    expect(await decrypt(body['CiphertextBlob'])).toMatchObject({
      error: STATE,
      message: expect.stringMatching(/was not found in its external key manager/),
    });
    await proxy.putKey({ id });
    expect((await decrypt(body['CiphertextBlob'])).error).toBe(STATE);
  });

  test('the proxy learns who asked for what', async () => {
    await proxy.forget();
    const answer = await encrypt();
    const [seen] = await proxy.seen();
    expect(seen?.body).toMatchObject({
      requestMetadata: {
        awsPrincipalArn: `arn:aws:iam::${owner.account.accountId}:root`,
        kmsKeyArn: key.arn,
        kmsOperation: 'Encrypt',
        kmsRequestId: answer.requestId,
      },
    });
  });
});

describe('a failing proxy', () => {
  const failing = (status: number, errorName: string): ProxyFault => ({ kind: 'error', status, errorName });
  const RESPONSE = 'XksProxyInvalidResponseException';
  const UNREACHABLE = 'XksProxyUriUnreachableException';
  const UNFIT = 'XksKeyInvalidConfigurationException';
  const slow: ProxyFault = { kind: 'slow', ms: 30_000 };
  const rows: readonly [string, ProxyFault, string | undefined, string, RegExp][] = [
    ['ValidationException', failing(400, 'ValidationException'), RESPONSE, STORE_STATE, /cannot interpret/],
    ['InternalException', failing(500, 'InternalException'), RESPONSE, STORE_STATE, /cannot communicate with the external key manager/],
    ['a malformed answer', { kind: 'answer', status: 200, text: '<html>' }, RESPONSE, STORE_STATE, /cannot interpret/],
    ['InvalidStateException', failing(400, 'InvalidStateException'), undefined, UNFIT, /is not enabled/],
    ['InvalidKeyUsageException', failing(400, 'InvalidKeyUsageException'), undefined, UNFIT, /does not support the requested operation/],
    [
      'AuthenticationFailedException',
      failing(401, 'AuthenticationFailedException'),
      'XksProxyIncorrectAuthenticationCredentialException',
      STORE_STATE,
      /could not authenticate AWS KMS/,
    ],
    ['AccessDeniedException', failing(403, 'AccessDeniedException'), undefined, STATE, /denied access to the operation/],
    ['KeyNotFoundException', failing(404, 'KeyNotFoundException'), undefined, 'XksKeyNotFoundException', /was not found/],
    [
      'InvalidUriPathException',
      failing(404, 'InvalidUriPathException'),
      'XksProxyInvalidConfigurationException',
      STORE_STATE,
      /invalid URI path/,
    ],
    ['DependencyTimeoutException', failing(503, 'DependencyTimeoutException'), UNREACHABLE, STORE_STATE, /in the time allotted/],
    ['ThrottlingException', failing(429, 'ThrottlingException'), UNREACHABLE, STORE_STATE, /very high request rate/],
    [
      'a closed connection',
      { kind: 'close', when: 'at once' },
      UNREACHABLE,
      STORE_STATE,
      /cannot communicate with the external key store proxy/,
    ],
    ['silence', slow, UNREACHABLE, STORE_STATE, /did not respond in time/],
  ];

  test.each(rows)('that answers with %s', async (_name, fault, store, key, message) => {
    const blob = await sealed();
    const unused = await anExternalKey();
    await proxy.misbehave('all', fault);
    const stranger = await aStoreOwner();
    const words = expect.stringMatching(message) as unknown;
    if (store !== undefined)
      expect(await stranger.kms('CreateCustomKeyStore', externalStore())).toMatchObject({ error: store, message: words });
    expect(await createKey(unused)).toMatchObject({ error: key, message: words });
    expect(await encrypt()).toMatchObject({ error: STATE, message: words });
    expect(await decrypt(blob)).toMatchObject({ error: STATE, message: words });
  });

  test('that finds the ciphertext or context corrupted is KMSInvalidStateException', async () => {
    const blob = await sealed();
    const corrupt = expect.stringMatching(/specified ciphertext or encryption context is corrupted/) as unknown;
    expect(await decrypt(blob, { EncryptionContext: { tenant: 'red' } })).toMatchObject({ error: STATE, message: corrupt });
  });

  test('that gives back another plaintext than it was given is found out', async () => {
    const blob = await sealed();
    const { body } = (await proxy.seen()).at(-1) ?? {};
    const length = Buffer.from(String((body as Members)['plaintext']), 'base64').length;
    await proxy.misbehave('decrypt', { kind: 'change', member: 'plaintext', value: Buffer.alloc(length, 1).toString('base64') });
    const message = expect.stringMatching(/^The ciphertext that the external key store proxy submitted for decryption/) as unknown;
    expect(await decrypt(blob)).toMatchObject({ error: STATE, message });
  });
});

describe('CreateKey in an external key store', () => {
  test('takes an external key once', async () => {
    expect((await createKey(externalKeyId)).error).toBe('XksKeyAlreadyInUseException');
  });

  test.each([
    ['of another spec', { keySpec: 'AES_128' }, /must be AES_256/],
    ['that is disabled', { keyStatus: 'DISABLED' }, /must be ENABLED/],
    ['that does not decrypt', { keyUsage: ['ENCRYPT'] }, /must include ENCRYPT and DECRYPT/],
  ])('refuses a key %s', async (_what, unfit, message) => {
    const answer = await createKey(await anExternalKey(unfit));
    expect(answer).toMatchObject({ error: 'XksKeyInvalidConfigurationException', message: expect.stringMatching(message) });
  });

  test('refuses a key that is not there', async () => {
    expect((await createKey('nobody')).error).toBe('XksKeyNotFoundException');
  });

  test('wants XksKeyId, and no multi-Region or asymmetric key', async () => {
    const base = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId };
    expect((await owner.kms('CreateKey', base)).error).toBe('ValidationException');
    for (const more of [{ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, { MultiRegion: true }]) {
      expect((await owner.kms('CreateKey', { ...base, XksKeyId: 'x', ...more })).status).toBe(400);
    }
  });
});

describe('what external key stores have not', () => {
  test('GenerateRandom, data key pairs and rotation', async () => {
    expect((await owner.kms('GenerateRandom', { NumberOfBytes: 8, CustomKeyStoreId: storeId })).error).toBe(
      'UnsupportedOperationException',
    );
    expect((await owner.kms('GenerateDataKeyPair', { KeyId: key.id, KeyPairSpec: 'ECC_NIST_P256' })).error).toBe(
      'UnsupportedOperationException',
    );
    expect((await owner.kms('EnableKeyRotation', { KeyId: key.id })).error).toBe('UnsupportedOperationException');
  });
});

describe('CreateCustomKeyStore', () => {
  test('shows the proxy and no secret, which is in no record, row or log either', async () => {
    const stranger = await aStoreOwner();
    const answer = await stranger.ok('CreateCustomKeyStore', externalStore({ CustomKeyStoreName: 'outside' }));
    const made = String(answer.body['CustomKeyStoreId']);
    const { host, uriPath, credential } = proxy;
    const entry = await described(stranger, made);
    expect(entry).toMatchObject({
      CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
      ConnectionState: 'DISCONNECTED',
      XksProxyConfiguration: {
        Connectivity: 'PUBLIC_ENDPOINT',
        AccessKeyId: credential.accessKeyId,
        UriEndpoint: `https://${host}`,
        UriPath: uriPath,
      },
    });
    const database = await connectPostgres();
    const rows = await database.query('select * from key_metadata.key_stores where store_id = $1', [made]).finally(() => database.end());
    const record = await recordOf(stranger, 'CreateCustomKeyStore', answer);
    const logs = readdirSync(stranger.cluster.folder.logs).map((name) => readFileSync(join(stranger.cluster.folder.logs, name), 'latin1'));
    const row = Object.values(rows.rows[0] as Members).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)));
    expect(logs.length).toBeGreaterThan(3);
    for (const text of [JSON.stringify(entry), JSON.stringify(record), ...row, ...logs])
      expect(text.includes(credential.secretAccessKey)).toBe(false);
    expect(JSON.stringify(record)).not.toContain(credential.accessKeyId);
  });

  test.each([
    [
      'a host that the operator has not allowed',
      { XksProxyUriEndpoint: 'https://elsewhere.example.com' },
      'XksProxyUriUnreachableException',
    ],
    ['a certificate of an unknown authority', { XksProxyUriEndpoint: `https://${STRANGE_HOST}` }, 'XksProxyUriUnreachableException'],
    ['a host where nobody listens', { XksProxyUriEndpoint: `https://${SILENT_HOST}` }, 'XksProxyUriUnreachableException'],
    ['a path that leads nowhere', { XksProxyUriPath: '/elsewhere/kms/xks/v1' }, 'XksProxyInvalidConfigurationException'],
    [
      'a credential that the proxy does not know',
      { XksProxyAuthenticationCredential: { AccessKeyId: 'A'.repeat(20), RawSecretAccessKey: 'x'.repeat(43) } },
      'XksProxyIncorrectAuthenticationCredentialException',
    ],
    ['a public endpoint behind a VPC endpoint service', { XksProxyVpcEndpointServiceName: VPC_SERVICE }, 'ValidationException'],
    [
      'a VPC endpoint service that the operator has not named',
      { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE', XksProxyVpcEndpointServiceName: VPC_SERVICE.replace('0123', '4567') },
      'XksProxyVpcEndpointServiceNotFoundException',
    ],
    [
      'a VPC endpoint service of another name',
      {
        XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
        XksProxyVpcEndpointServiceName: VPC_SERVICE,
        XksProxyUriEndpoint: `https://${STRANGE_HOST}`,
      },
      'XksProxyVpcEndpointServiceInvalidConfigurationException',
    ],
  ])('refuses %s', async (_what, more, error) => {
    const stranger = await aStoreOwner();
    expect((await stranger.kms('CreateCustomKeyStore', externalStore(more))).error).toBe(error);
  });

  test('refuses members that are missing, and those of the other type', async () => {
    const stranger = await aStoreOwner();
    const { XksProxyUriPath: _, ...incomplete } = externalStore();
    expect((await stranger.kms('CreateCustomKeyStore', incomplete)).error).toBe('ValidationException');
    expect((await stranger.kms('CreateCustomKeyStore', { ...storeOf('cluster-demonstration'), ...externalStore() })).error).toBe(
      'ValidationException',
    );
  });

  test('keeps stores of one account apart: address, private name and service are one store’s', async () => {
    const stranger = await aStoreOwner();
    const vpc = { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE', XksProxyVpcEndpointServiceName: VPC_SERVICE };
    await anExternalStore(stranger);
    expect((await stranger.kms('CreateCustomKeyStore', externalStore())).error).toBe('XksProxyUriInUseException');
    const elsewhere = { ...vpc, XksProxyUriPath: '/private/kms/xks/v1' };
    expect((await stranger.kms('CreateCustomKeyStore', externalStore(elsewhere))).error).toBe('XksProxyUriEndpointInUseException');
    const other = await aStoreOwner();
    const behind = await anExternalStore(other, vpc);
    expect((await described(other, behind))['XksProxyConfiguration']).toMatchObject({
      VpcEndpointServiceName: VPC_SERVICE,
      VpcEndpointServiceOwner: other.account.accountId,
    });
    expect((await other.kms('CreateCustomKeyStore', externalStore(elsewhere))).error).toBe('XksProxyVpcEndpointServiceInUseException');
    await connect(other, behind);
  });
});

describe('connecting', () => {
  const failed = async (fault: ProxyFault, operation: 'all' | 'health' = 'all') => {
    const stranger = await aStoreOwner();
    const made = await anExternalStore(stranger);
    await proxy.misbehave(operation, fault);
    await stranger.ok('ConnectCustomKeyStore', { CustomKeyStoreId: made });
    const { ConnectionErrorCode } = await inState(stranger, made, 'FAILED');
    return ConnectionErrorCode;
  };
  const down = [{ id: 'softhsm-1', model: 'SoftHSM 2', healthStatus: 'UNAVAILABLE' }];

  test.each<[string, ProxyFault, string]>([
    ['refuses the credential', { kind: 'error', status: 401, errorName: 'AuthenticationFailedException' }, 'INVALID_CREDENTIALS'],
    ['denies access', { kind: 'error', status: 403, errorName: 'AccessDeniedException' }, 'XKS_PROXY_ACCESS_DENIED'],
    ['knows no such path', { kind: 'error', status: 404, errorName: 'InvalidUriPathException' }, 'XKS_PROXY_INVALID_CONFIGURATION'],
    ['speaks HTML', { kind: 'answer', status: 502, text: '<html>' }, 'XKS_PROXY_INVALID_RESPONSE'],
    ['hangs up', { kind: 'close', when: 'at once' }, 'XKS_PROXY_NOT_REACHABLE'],
    ['has no key manager', { kind: 'change', member: 'ekmFleetDetails', value: down }, 'XKS_PROXY_NOT_REACHABLE'],
    ['is silent', { kind: 'slow', ms: 30_000 }, 'XKS_PROXY_TIMED_OUT'],
  ])('fails when the proxy %s', async (_what, fault, code) => {
    expect(await failed(fault, fault.kind === 'change' ? 'health' : 'all')).toBe(code);
  });

  test('and disconnecting turn the keys on and off', async () => {
    const stranger = await aStoreOwner();
    const made = await aConnectedExternalStore(stranger);
    const { id } = await anExternalStoreKey(stranger, made, await anExternalKey());
    const blob = (await stranger.ok('Encrypt', { KeyId: id, Plaintext })).body['CiphertextBlob'];
    await disconnect(stranger, made);
    const answer = await stranger.kms('Decrypt', { CiphertextBlob: blob });
    expect(answer).toMatchObject({ error: STATE, message: expect.stringMatching(/not connected to its external key store proxy/) });
    expect((await stranger.ok('DescribeKey', { KeyId: id })).body['KeyMetadata']).toMatchObject({ KeyState: 'Unavailable' });
    const another = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: made, XksKeyId: await anExternalKey() };
    expect((await stranger.kms('CreateKey', another)).error).toBe(STORE_STATE);
    await connect(stranger, made);
    expect((await stranger.ok('Decrypt', { CiphertextBlob: blob })).body).toMatchObject({ Plaintext });
  });
});

describe('UpdateCustomKeyStore', () => {
  test('rotates the credential of a connected store', async () => {
    const stranger = await aStoreOwner();
    const made = await aConnectedExternalStore(stranger);
    const { id } = await anExternalStoreKey(stranger, made, await anExternalKey());
    const fresh = newProxyCredential();
    const input = {
      CustomKeyStoreId: made,
      XksProxyAuthenticationCredential: { AccessKeyId: fresh.accessKeyId, RawSecretAccessKey: fresh.secretAccessKey },
    };
    expect((await stranger.kms('UpdateCustomKeyStore', input)).error).toBe('XksProxyIncorrectAuthenticationCredentialException');
    await proxy.takeCredentials(proxy.credential, fresh);
    await stranger.ok('UpdateCustomKeyStore', input);
    expect((await described(stranger, made))['XksProxyConfiguration']).toMatchObject({ AccessKeyId: fresh.accessKeyId });
    await stranger.ok('Encrypt', { KeyId: id, Plaintext });
  });

  test('changes where the proxy is of a disconnected store alone', async () => {
    const stranger = await aStoreOwner();
    const made = await aConnectedExternalStore(stranger);
    const moved = { CustomKeyStoreId: made, XksProxyUriEndpoint: `https://${proxy.host}` };
    expect((await stranger.kms('UpdateCustomKeyStore', moved)).error).toBe(STORE_STATE);
    await disconnect(stranger, made);
    const behind = { ...moved, XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE', XksProxyVpcEndpointServiceName: VPC_SERVICE };
    const { XksProxyVpcEndpointServiceName: _, ...nameless } = behind;
    expect((await stranger.kms('UpdateCustomKeyStore', nameless)).error).toBe('ValidationException');
    await stranger.ok('UpdateCustomKeyStore', behind);
    expect((await described(stranger, made))['XksProxyConfiguration']).toMatchObject({ Connectivity: 'VPC_ENDPOINT_SERVICE' });
    const back = { CustomKeyStoreId: made, XksProxyConnectivity: 'PUBLIC_ENDPOINT' };
    expect((await stranger.kms('UpdateCustomKeyStore', back)).error).toBe('ValidationException');
    await stranger.ok('UpdateCustomKeyStore', { ...back, XksProxyUriEndpoint: `https://${proxy.host}` });
    expect((await described(stranger, made))['XksProxyConfiguration']).not.toHaveProperty('VpcEndpointServiceName');
    expect((await stranger.kms('UpdateCustomKeyStore', { ...back, XksProxyUriEndpoint: `https://${SILENT_HOST}` })).error).toBe(
      'XksProxyUriUnreachableException',
    );
    expect((await stranger.kms('UpdateCustomKeyStore', { CustomKeyStoreId: made, KeyStorePassword: 'password' })).error).toBe(
      'ValidationException',
    );
  });
});
