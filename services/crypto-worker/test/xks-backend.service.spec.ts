import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeHeader, isExternal, parseExternal } from '@trent/ciphertext';
import { keystore } from '@trent/contracts';
import { startXksProxy, type ProxyFault, type TestXksProxy } from '@trent/local-cluster';
import { SecretBytes } from '@trent/secret-bytes';
import type { ConnectedStore } from '../src/key-store/backend.ts';
import { parseAllowedProxy } from '../src/key-store/xks/routes.ts';
import { XksBackend } from '../src/key-store/xks/xks-backend.ts';

const SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0';
const ACCOUNT = '111122223333';
const key = {
  region: 'eu-west-1',
  accountId: ACCOUNT,
  keyId: '1b2c3d4e-0000-4000-8000-00000000000a',
  materialId: '52'.repeat(32),
};
/** A ciphertext v1 in form; only crypto-worker could open it. */
const inner = Buffer.concat([
  encodeHeader({
    version: 1,
    kdf: 1,
    region: key.region,
    keyId: key.keyId,
    materialId: key.materialId,
    nonce: Buffer.alloc(14, 1),
    iv: Buffer.alloc(12, 2),
  }),
  Buffer.alloc(80, 3),
]);
const encryptionContext = new Map([['tenant', 'blue']]);
const CANONICAL = '000674656e616e740004626c7565';
const metadata = keystore.RequestMetadata.create({
  principalArn: `arn:aws:iam::${ACCOUNT}:user/alice`,
  keyArn: `arn:aws:kms:${key.region}:${ACCOUNT}:key/${key.keyId}`,
  operation: 'Encrypt',
  requestId: 'request-1',
});

let proxy: TestXksProxy;
let store: ConnectedStore;
beforeAll(async () => {
  proxy = await startXksProxy({ region: key.region });
  await proxy.putKey({ id: 'external-key', metadata: 'v=1' });
  store = await backend().connect(settings(), secret());
}, 60_000);
afterEach(() => proxy.behave());
afterAll(async () => {
  store.close();
  await proxy[Symbol.asyncDispose]();
});

function backend({ timeoutMs = 10_000 } = {}): XksBackend {
  const place = `${proxy.host}@127.0.0.1:${String(proxy.ports.good)}`;
  const allowed = [place, `${SERVICE}=${place}`, `bad.xks.test@127.0.0.1:${String(proxy.ports.good)}`].map((text) =>
    parseAllowedProxy(text)!,
  );
  return new XksBackend({ allowed, tls: { ca: readFileSync(proxy.caFile, 'utf8') }, timeoutMs, concurrency: 8, now: Date.now });
}

function settings(changes: Partial<keystore.XksSettings> = {}): keystore.StoreSettings {
  const value = keystore.XksSettings.create({
    connectivity: 'PUBLIC_ENDPOINT',
    uriEndpoint: `https://${proxy.host}`,
    uriPath: proxy.uriPath,
    accessKeyId: proxy.credential.accessKeyId,
    ...changes,
  });
  const backendSettings = { $case: 'xks', value } as const;
  return { storeId: 'cks-0123456789abcdef0', accountId: ACCOUNT, region: key.region, version: 1n, backend: backendSettings };
}

const secret = (text = proxy.credential.secretAccessKey) => SecretBytes.copyOf(Buffer.from(text));
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => {
      const { code, connectionErrorCode } = error as { readonly code?: string; readonly connectionErrorCode?: string };
      return code ?? connectionErrorCode ?? 'another error';
    },
  );

const createKey = (objectId = 'external-key') =>
  store.createKey(keystore.CreateKeyRequest.create({ key, objectId, metadata: { ...metadata, operation: 'CreateKey' } }), Infinity);
const encrypt = (context = encryptionContext) =>
  store.encrypt(
    keystore.EncryptRequest.create({ objectId: 'external-key', key, encryptionContext: context, plaintext: inner, metadata }),
    Infinity,
  );
const decrypt = (ciphertext: Buffer, context = encryptionContext, name = key) =>
  store.decrypt(
    keystore.DecryptRequest.create({ objectId: 'external-key', key: name, encryptionContext: context, ciphertext, metadata }),
    Infinity,
  );

describe('a connected store', () => {
  test('takes an external key that is fit, and names it as its user does', async () => {
    await proxy.forget();
    expect(await createKey()).toBe('external-key');
    const [request] = await proxy.seen();
    expect(request?.body).toEqual({
      requestMetadata: { awsPrincipalArn: metadata.principalArn, kmsOperation: 'CreateKey', kmsRequestId: 'request-1' },
    });
  });

  test('makes a ciphertext v2 around a ciphertext v1, and gives it back', async () => {
    const outer = await encrypt();
    expect(isExternal(outer)).toBe(true);
    expect(parseExternal(outer)).toMatchObject({ region: key.region, keyId: key.keyId, materialId: key.materialId });
    expect(outer.includes(inner.subarray(21))).toBe(false);
    expect(await decrypt(outer)).toEqual(inner);
  });

  test('sends the canonical encryption context as additional data, and nothing for an empty one', async () => {
    await proxy.forget();
    await encrypt();
    await encrypt(new Map());
    const [first, second] = (await proxy.seen()).map(({ body }) => body as Record<string, unknown>);
    expect(first?.['additionalAuthenticatedData']).toBe(Buffer.from(CANONICAL, 'hex').toString('base64'));
    expect(second).not.toHaveProperty('additionalAuthenticatedData');
  });

  test('opens nothing under another context, another key or another material', async () => {
    const outer = await encrypt();
    expect(await codeOf(decrypt(outer, new Map([['tenant', 'red']])))).toBe('KMSInvalidStateException');
    expect(await codeOf(decrypt(outer, encryptionContext, { ...key, materialId: 'ab'.repeat(32) }))).toBe('InvalidCiphertextException');
    expect(await codeOf(decrypt(outer, encryptionContext, { ...key, region: 'us-east-1' }))).toBe('InvalidCiphertextException');
    expect(await codeOf(decrypt(inner))).toBe('InvalidCiphertextException');
  });

  test('has no random generator', async () => {
    expect(await codeOf(store.random(8, Infinity))).toBe('UnsupportedOperationException');
  });

  test('forgets a key without touching it', async () => {
    await proxy.forget();
    await store.deleteKey('external-key', Infinity);
    expect(await proxy.seen()).toEqual([]);
  });
});

describe('a failing proxy is answered as AWS KMS answers', () => {
  const failing = (status: number, errorName: string): ProxyFault => ({ kind: 'error', status, errorName });
  const STORE_STATE = 'CustomKeyStoreInvalidStateException';
  const INVALID_RESPONSE = 'XksProxyInvalidResponseException';
  const UNREACHABLE = 'XksProxyUriUnreachableException';
  /** Failure → CreateCustomKeyStore, ConnectCustomKeyStore, CreateKey; cryptographic operations always say KMSInvalidStateException. */
  const rows: readonly [string, ProxyFault, string, string, string][] = [
    ['ValidationException', failing(400, 'ValidationException'), INVALID_RESPONSE, 'XKS_PROXY_INVALID_RESPONSE', STORE_STATE],
    ['InternalException', failing(500, 'InternalException'), INVALID_RESPONSE, 'XKS_PROXY_INVALID_RESPONSE', STORE_STATE],
    ['no JSON', { kind: 'answer', status: 200, text: 'fine!' }, INVALID_RESPONSE, 'XKS_PROXY_INVALID_RESPONSE', STORE_STATE],
    [
      'InvalidStateException',
      failing(400, 'InvalidStateException'),
      INVALID_RESPONSE,
      'XKS_PROXY_INVALID_RESPONSE',
      'XksKeyInvalidConfigurationException',
    ],
    [
      'InvalidKeyUsageException',
      failing(400, 'InvalidKeyUsageException'),
      INVALID_RESPONSE,
      'XKS_PROXY_INVALID_RESPONSE',
      'XksKeyInvalidConfigurationException',
    ],
    [
      'AuthenticationFailedException',
      failing(401, 'AuthenticationFailedException'),
      'XksProxyIncorrectAuthenticationCredentialException',
      'INVALID_CREDENTIALS',
      STORE_STATE,
    ],
    [
      'AccessDeniedException',
      failing(403, 'AccessDeniedException'),
      INVALID_RESPONSE,
      'XKS_PROXY_ACCESS_DENIED',
      'KMSInvalidStateException',
    ],
    [
      'KeyNotFoundException',
      failing(404, 'KeyNotFoundException'),
      INVALID_RESPONSE,
      'XKS_PROXY_INVALID_RESPONSE',
      'XksKeyNotFoundException',
    ],
    [
      'InvalidUriPathException',
      failing(404, 'InvalidUriPathException'),
      'XksProxyInvalidConfigurationException',
      'XKS_PROXY_INVALID_CONFIGURATION',
      STORE_STATE,
    ],
    ['DependencyTimeoutException', failing(503, 'DependencyTimeoutException'), UNREACHABLE, 'XKS_PROXY_TIMED_OUT', STORE_STATE],
    ['ThrottlingException', failing(429, 'ThrottlingException'), UNREACHABLE, 'XKS_PROXY_NOT_REACHABLE', STORE_STATE],
    ['a closed connection', { kind: 'close', when: 'at once' }, UNREACHABLE, 'XKS_PROXY_NOT_REACHABLE', STORE_STATE],
  ];

  test.each(rows)('%s', async (_name, fault, create, connect, key) => {
    const sealed = await encrypt();
    await proxy.misbehave('all', fault);
    expect(await codeOf(backend().check(settings(), secret()))).toBe(create);
    expect(await codeOf(backend().connect(settings(), secret()))).toBe(connect);
    expect(await codeOf(createKey())).toBe(key);
    expect(await codeOf(encrypt())).toBe('KMSInvalidStateException');
    expect(await codeOf(decrypt(sealed))).toBe('KMSInvalidStateException');
  });

  test('InvalidCiphertextException of the proxy is no InvalidCiphertextException of KMS', async () => {
    const sealed = await encrypt();
    sealed[sealed.length - 1]! ^= 1;
    await expect(decrypt(sealed)).rejects.toMatchObject({
      code: 'KMSInvalidStateException',
      message:
        'The external key store proxy rejected the request because the specified ciphertext or encryption context is corrupted, missing, or otherwise invalid.',
    });
  });

  test('the proxy’s own words are never passed on', async () => {
    await proxy.misbehave('all', failing(403, 'AccessDeniedException'));
    await expect(encrypt()).rejects.toThrow(/^The external key store proxy denied access[^\n]*try the request again\.$/);
  });

  test('a slow one', async () => {
    await proxy.misbehave('all', { kind: 'slow', ms: 60_000 });
    const hasty = backend({ timeoutMs: 1_000 });
    expect(await codeOf(hasty.check(settings(), secret()))).toBe(UNREACHABLE);
    expect(await codeOf(hasty.connect(settings(), secret()))).toBe('XKS_PROXY_TIMED_OUT');
  });
});

describe('a store', () => {
  test('can be made of a healthy proxy and connected to it', async () => {
    expect(await codeOf(backend().check(settings(), secret()))).toBe('no error');
    await proxy.forget();
    (await backend().connect(settings(), secret())).close();
    expect(await proxy.seen()).toMatchObject([{ body: { requestMetadata: { kmsOperation: 'ConnectCustomKeyStore' } } }]);
  });

  test.each<[string, Partial<keystore.XksSettings>, string, string]>([
    [
      'whose host is not allowed',
      { uriEndpoint: 'https://elsewhere.xks.test' },
      'XksProxyUriUnreachableException',
      'XKS_PROXY_NOT_REACHABLE',
    ],
    [
      'whose host has another certificate',
      { uriEndpoint: 'https://bad.xks.test' },
      'XksProxyUriUnreachableException',
      'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    ],
    [
      'whose path leads nowhere',
      { uriPath: '/elsewhere/kms/xks/v1' },
      'XksProxyInvalidConfigurationException',
      'XKS_PROXY_INVALID_CONFIGURATION',
    ],
    [
      'whose access key is unknown',
      { accessKeyId: 'A'.repeat(26) },
      'XksProxyIncorrectAuthenticationCredentialException',
      'INVALID_CREDENTIALS',
    ],
    [
      'whose VPC endpoint service is unknown',
      { connectivity: 'VPC_ENDPOINT_SERVICE', vpcEndpointServiceName: SERVICE.replace('0123', '4567') },
      'XksProxyVpcEndpointServiceNotFoundException',
      'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND',
    ],
    [
      'whose VPC endpoint service has another name',
      { connectivity: 'VPC_ENDPOINT_SERVICE', vpcEndpointServiceName: SERVICE, uriEndpoint: 'https://bad.xks.test' },
      'XksProxyVpcEndpointServiceInvalidConfigurationException',
      'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION',
    ],
  ])('%s is refused', async (_what, changes, create, connect) => {
    expect(await codeOf(backend().check(settings(changes), secret()))).toBe(create);
    expect(await codeOf(backend().connect(settings(changes), secret()))).toBe(connect);
  });

  test('whose secret is wrong is refused', async () => {
    expect(await codeOf(backend().check(settings(), secret('x'.repeat(43))))).toBe('XksProxyIncorrectAuthenticationCredentialException');
  });

  test('behind a VPC endpoint service is asked when it is connected, not before', async () => {
    const behind = settings({ connectivity: 'VPC_ENDPOINT_SERVICE', vpcEndpointServiceName: SERVICE });
    await proxy.forget();
    await backend().check(behind, secret());
    expect(await proxy.seen()).toEqual([]);
    (await backend().connect(behind, secret())).close();
    expect(await proxy.seen()).toHaveLength(1);
  });

  test('none of whose key managers works is refused', async () => {
    const down = [{ id: 'softhsm-1', model: 'SoftHSM 2', healthStatus: 'UNAVAILABLE' }];
    await proxy.misbehave('health', { kind: 'change', member: 'ekmFleetDetails', value: down });
    expect(await codeOf(backend().check(settings(), secret()))).toBe('XksProxyUriUnreachableException');
    expect(await codeOf(backend().connect(settings(), secret()))).toBe('XKS_PROXY_NOT_REACHABLE');
  });
});

describe('CreateKey names what is wrong with an external key', () => {
  test.each([
    [{ keySpec: 'RSA_2048' }, 'The key spec of the external key must be AES_256. The key spec of specified external key is RSA_2048.'],
    [{ keyStatus: 'DISABLED' }, 'The status of the external key must be ENABLED. The status of specified external key is DISABLED.'],
    [
      { keyUsage: ['DECRYPT'] },
      'The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key is DECRYPT.',
    ],
  ])('%j', async (unfit, message) => {
    await proxy.putKey({ id: 'unfit', ...unfit });
    await expect(createKey('unfit')).rejects.toMatchObject({ code: 'XksKeyInvalidConfigurationException', message });
  });

  test.each(['nobody', '..'])('%s, which is not there', async (id) => {
    expect(await codeOf(createKey(id))).toBe('XksKeyNotFoundException');
  });
});
