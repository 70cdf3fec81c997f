import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startXksProxy, type ProxyFault, type ProxyOperation, type ProxyPort, type TestXksProxy } from '@trent/local-cluster';
import { SecretBytes } from '@trent/secret-bytes';
import type { SealedOutside } from '../src/key-store/xks/answers.ts';
import { isXksFailure } from '../src/key-store/xks/failure.ts';
import { XksProxy, type XksEgress, type XksStore } from '../src/key-store/xks/proxy.ts';
import { parseAllowedProxy } from '../src/key-store/xks/routes.ts';

/** A deadline that a loaded machine keeps; tests of slowness have a slower proxy. */
const PATIENT_MS = 10_000;
const caller = {
  principalArn: 'arn:aws:iam::111122223333:user/alice',
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  kmsOperation: 'Encrypt',
  requestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
};
const aad = Buffer.from('project=nile');
const plaintext = Buffer.from('the inner ciphertext');

let proxy: TestXksProxy;
beforeAll(async () => {
  proxy = await startXksProxy();
  await proxy.putKey({ id: 'plain' });
  await proxy.putKey({ id: 'versioned', metadata: 'key_version=1' });
  await proxy.putKey({ id: 'long-iv', ivBytes: 16 });
}, 60_000);
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});
afterEach(() => proxy.behave());

interface Changes {
  readonly port?: ProxyPort;
  readonly store?: Partial<XksStore>;
  readonly egress?: Partial<XksEgress>;
}

function client({ port = 'good', store, egress }: Changes = {}): XksProxy {
  const allowed = [parseAllowedProxy(`${proxy.host}@127.0.0.1:${String(proxy.ports[port])}`)!];
  const ca = readFileSync(proxy.caFile, 'utf8');
  return new XksProxy(
    {
      uriEndpoint: `https://${proxy.host}`,
      uriPath: proxy.uriPath,
      region: 'us-east-1',
      accessKeyId: proxy.credential.accessKeyId,
      secretAccessKey: SecretBytes.copyOf(Buffer.from(proxy.credential.secretAccessKey)),
      ...store,
    },
    { allowed, tls: { ca }, timeoutMs: PATIENT_MS, concurrency: 8, now: Date.now, ...egress },
  );
}

/** What a call failed with. */
async function failureOf(call: (xks: XksProxy) => Promise<unknown>, changes?: Changes): Promise<string> {
  using xks = client(changes);
  try {
    await call(xks);
  } catch (error) {
    if (isXksFailure(error)) return error.kind;
    throw error;
  }
  return 'no failure';
}

const encrypt = (xks: XksProxy) => xks.encrypt('plain', caller, aad, plaintext);
const decrypt =
  (sealed: SealedOutside, id = 'plain', data: Uint8Array = aad) =>
  (xks: XksProxy) =>
    xks.decrypt(id, caller, data, sealed);
const health = (xks: XksProxy) => xks.health(caller);

async function sealed(id = 'plain', data: Uint8Array = aad): Promise<SealedOutside> {
  using xks = client();
  return await xks.encrypt(id, caller, data, plaintext);
}

describe('a proxy that behaves', () => {
  test.each(['plain', 'versioned', 'long-iv'])('encrypts and decrypts under its key %s', async (id) => {
    const made = await sealed(id);
    expect(made.ciphertext.equals(plaintext)).toBe(false);
    using xks = client();
    expect(await xks.decrypt(id, caller, aad, made)).toEqual(plaintext);
  });

  test('gives the metadata of its key, and takes no ciphertext whose metadata was changed or moved into the additional data', async () => {
    const made = await sealed('versioned', Buffer.alloc(0));
    expect(made.metadata.toString()).toBe('key_version=1');
    expect(await failureOf(decrypt({ ...made, metadata: Buffer.from('key_version=2') }, 'versioned', Buffer.alloc(0)))).toBe(
      'InvalidCiphertextException',
    );
    expect(await failureOf(decrypt({ ...made, metadata: Buffer.alloc(0) }, 'versioned', made.metadata))).toBe('InvalidCiphertextException');
  });

  test('takes the largest message that the protocol knows', async () => {
    using xks = client();
    const [large, data] = [Buffer.alloc(4300, 7), Buffer.alloc(8192, 8)];
    expect(await xks.decrypt('plain', caller, data, await xks.encrypt('plain', caller, data, large))).toEqual(large);
  });

  test('tells of its health and its keys', async () => {
    using xks = client();
    await xks.health(caller);
    expect(await xks.keyMetadata('plain', caller)).toEqual({ keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' });
  });

  test('sees who asked for what, signed over host and date, on TLS 1.3', async () => {
    await proxy.forget();
    await sealed();
    const [request] = await proxy.seen();
    expect(request).toMatchObject({
      path: `${proxy.uriPath}/keys/plain/encrypt`,
      protocol: 'TLSv1.3',
      body: { requestMetadata: { awsPrincipalArn: caller.principalArn, kmsKeyArn: caller.keyArn, kmsOperation: 'Encrypt' } },
    });
    expect(request?.headers).toMatchObject({ host: proxy.host, 'content-type': 'application/json' });
    expect(request?.headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=[A-Z2-7]+\/\d{8}\/us-east-1\/kms-xks-proxy\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
  });

  test('is asked many times over few connections', async () => {
    using xks = client({ egress: { concurrency: 2 } });
    await Promise.all(Array.from({ length: 10 }, () => encrypt(xks)));
    expect(xks.state()).toEqual({ calls: 2, running: 0, waiting: 0 });
  });

  test('is asked in the client’s name where it wants a certificate', async () => {
    const pem = (file: string) => readFileSync(file, 'utf8');
    const tls = { ca: pem(proxy.caFile), certificate: pem(proxy.client.certificate), key: pem(proxy.client.key) };
    await proxy.forget();
    expect(await failureOf(health, { port: 'client-certificate', egress: { tls } })).toBe('no failure');
    expect(await proxy.seen()).toMatchObject([{ clientName: 'cks.kms.us-east-1.amazonaws.com' }]);
  });
});

describe('a ciphertext that was changed', () => {
  test.each(['ciphertext', 'iv', 'tag'] as const)('in its %s is refused', async (part) => {
    const made = await sealed();
    const changed = Buffer.from(made[part]);
    changed[0]! ^= 1;
    expect(await failureOf(decrypt({ ...made, [part]: changed }))).toBe('InvalidCiphertextException');
  });

  test('in its additional data, or given to another key, is refused', async () => {
    const made = await sealed();
    expect(await failureOf(decrypt(made, 'plain', Buffer.from('project=amazon')))).toBe('InvalidCiphertextException');
    expect(await failureOf(decrypt(made, 'long-iv'))).toBe('InvalidCiphertextException');
  });
});

describe('a proxy refuses', () => {
  test.each<[string, Changes, string]>([
    ['another secret', { store: { secretAccessKey: SecretBytes.copyOf(Buffer.alloc(44, 'x')) } }, 'AuthenticationFailedException'],
    ['another access key', { store: { accessKeyId: 'A'.repeat(26) } }, 'AuthenticationFailedException'],
    ['another region', { store: { region: 'eu-west-1' } }, 'AuthenticationFailedException'],
    ['an old signature', { egress: { now: () => Date.now() - 6 * 60_000 } }, 'AuthenticationFailedException'],
    ['another path', { store: { uriPath: '/other/kms/xks/v1' } }, 'InvalidUriPathException'],
  ])('%s', async (_what, changes, kind) => {
    expect(await failureOf(health, changes)).toBe(kind);
  });

  test('an unknown key, a disabled one and one of other usage', async () => {
    expect(await failureOf((xks) => xks.keyMetadata('nobody', caller))).toBe('KeyNotFoundException');
    await proxy.putKey({ id: 'off', keyStatus: 'DISABLED' });
    expect(await failureOf((xks) => xks.encrypt('off', caller, aad, plaintext))).toBe('InvalidStateException');
    await proxy.putKey({ id: 'decrypt-only', keyUsage: ['DECRYPT'] });
    expect(await failureOf((xks) => xks.encrypt('decrypt-only', caller, aad, plaintext))).toBe('InvalidKeyUsageException');
  });
});

describe('a proxy that', () => {
  test.each<[string, ProxyOperation | 'all', ProxyFault, string]>([
    ['throttles', 'all', { kind: 'error', status: 429, errorName: 'ThrottlingException' }, 'ThrottlingException'],
    ['denies', 'encrypt', { kind: 'error', status: 403, errorName: 'AccessDeniedException' }, 'AccessDeniedException'],
    [
      'has no answer of its own',
      'all',
      { kind: 'error', status: 503, errorName: 'DependencyTimeoutException' },
      'DependencyTimeoutException',
    ],
    ['is broken', 'all', { kind: 'error', status: 500, errorName: 'InternalException' }, 'InternalException'],
    [
      'knows no such operation',
      'all',
      { kind: 'error', status: 501, errorName: 'UnsupportedOperationException' },
      'UnsupportedOperationException',
    ],
    ['speaks HTML', 'all', { kind: 'answer', status: 502, text: '<html>Bad gateway</html>' }, 'MalformedResponse'],
    ['says nothing', 'all', { kind: 'answer', status: 200, text: '' }, 'MalformedResponse'],
    ['sends elsewhere', 'all', { kind: 'answer', status: 307, text: '{}', location: 'https://proxy.xks.test/' }, 'MalformedResponse'],
    ['never ends', 'all', { kind: 'endless' }, 'MalformedResponse'],
    ['hangs up', 'all', { kind: 'close', when: 'at once' }, 'Unreachable'],
    ['hangs up half way', 'all', { kind: 'close', when: 'half way' }, 'Unreachable'],
    ['miscounts the integrity', 'encrypt', { kind: 'change', member: 'ciphertextDataIntegrityValue', value: 'AAAA' }, 'MalformedResponse'],
    ['leaves the integrity out', 'encrypt', { kind: 'change', member: 'ciphertextDataIntegrityValue' }, 'MalformedResponse'],
    ['cuts the tag', 'encrypt', { kind: 'change', member: 'authenticationTag', value: 'AAAAAAAAAAAAAAAA' }, 'MalformedResponse'],
    ['adds metadata afterwards', 'encrypt', { kind: 'change', member: 'ciphertextMetadata', value: 'AAAA' }, 'MalformedResponse'],
  ])('%s', async (_what, operation, fault, kind) => {
    await proxy.misbehave(operation, fault);
    expect(await failureOf(encrypt)).toBe(kind);
  });

  test('answers late is given up, with all that was sent', async () => {
    await proxy.misbehave('all', { kind: 'slow', ms: 60_000 });
    expect(await failureOf(encrypt, { egress: { timeoutMs: 1500 } })).toBe('TimedOut');
  });

  test('closed a kept connection is asked again over a new one', async () => {
    using xks = client();
    await encrypt(xks);
    await proxy.misbehave('all', { kind: 'close', when: 'at once' });
    await expect(encrypt(xks)).rejects.toMatchObject({ kind: 'Unreachable' });
    await proxy.behave();
    expect(await encrypt(xks)).toBeDefined();
  });

  test('has no working key manager is not healthy', async () => {
    const down = [{ id: 'softhsm-1', model: 'SoftHSM 2', healthStatus: 'UNAVAILABLE' }];
    await proxy.misbehave('health', { kind: 'change', member: 'ekmFleetDetails', value: down });
    expect(await failureOf(health)).toBe('Unhealthy');
  });

  test('changes a plaintext’s length is not believed', async () => {
    const made = await sealed();
    await proxy.misbehave('decrypt', { kind: 'change', member: 'plaintext', value: 'AAAA' });
    expect(await failureOf(decrypt(made))).toBe('MalformedResponse');
  });
});

describe('no connection is made', () => {
  test.each<[string, Changes, string]>([
    ['to a certificate of another name', { port: 'other-name' }, 'TlsFailed'],
    ['to a certificate of an unknown authority', { port: 'unknown-authority' }, 'TlsFailed'],
    ['by TLS 1.1', { port: 'old-tls' }, 'TlsFailed'],
    ['without the operator’s authority', { egress: { tls: {} } }, 'TlsFailed'],
  ])('%s', async (_what, changes, kind) => {
    expect(await failureOf(health, changes)).toBe(kind);
  });

  test('to a proxy that wants a certificate, without one', async () => {
    expect(['TlsFailed', 'Unreachable']).toContain(await failureOf(health, { port: 'client-certificate' }));
  });

  test('where nobody listens', async () => {
    const allowed = [parseAllowedProxy(`${proxy.host}@127.0.0.1:1`)!];
    expect(await failureOf(health, { egress: { allowed } })).toBe('Unreachable');
  });

  test('to a host that the operator has not allowed', () => {
    expect(() => client({ egress: { allowed: [] } })).toThrow(expect.objectContaining({ kind: 'NotAllowed' }));
  });

  test('to a name that resolves to this machine', async () => {
    const allowed = [{ host: 'localhost', port: proxy.ports.good, reach: 'private' as const }];
    expect(await failureOf(health, { egress: { allowed }, store: { uriEndpoint: 'https://localhost' } })).toBe('NotAllowed');
  });
});
