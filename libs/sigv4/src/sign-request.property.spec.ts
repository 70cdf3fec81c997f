import { createHash, createHmac, hash, type BinaryLike } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';

import { canonicalRequest } from './canonical-request.ts';
import { encodeRfc3986 } from './canonical-uri.ts';
import type { ParsedAuthorization } from './http-facts.ts';
import { parseAuthorization } from './parse-authorization.ts';
import { presignRequest, signRequest } from './sign-request.ts';
import { signingKey, stringToSign, verifySignature } from './signature.ts';
import { parseAmzDate } from './signature-time.ts';
import { EXAMPLE } from './vectors.fixture.ts';

const AMZ_DATE = '20150830T123600Z';
const SCOPE = { region: 'us-east-1', service: 'kms' };

/** What the SDK wants of a hash: update with text or bytes, digest as a promise. */
class SdkSha256 {
  readonly #state: { update(data: BinaryLike): unknown; digest(): Uint8Array };
  constructor(secret?: BinaryLike) {
    this.#state = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: BinaryLike): void {
    this.#state.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#state.digest()));
  }
  reset(): void {
    throw new Error('not used');
  }
}

const sdk = new SignatureV4({
  ...SCOPE,
  credentials: { accessKeyId: EXAMPLE.accessKeyId, secretAccessKey: EXAMPLE.secretAccessKey.toString(), sessionToken: 'TOKEN/+=' },
  sha256: SdkSha256 as unknown as ConstructorParameters<typeof SignatureV4>[0]['sha256'],
});
const signingDate = new Date(parseAmzDate(AMZ_DATE) ?? 0);

const text = fc.string({ unit: 'binary', maxLength: 12 }).map((s) => s.toWellFormed());
const visible = fc.string({ unit: fc.constantFrom(...Array.from('aZ09 \t,;=~%/\'"()*+')), maxLength: 20 });
const name = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz09-_')), minLength: 1, maxLength: 10 }).map((s) => `h${s}`);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  segments: fc.array(fc.oneof(fc.constantFrom('.', '..', ''), text.map(encodeRfc3986)), { maxLength: 5 }),
  query: fc.dictionary(
    text.filter((key) => key !== '' && key !== '__proto__' && !/^x-amz-/i.test(key)),
    fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
    { maxKeys: 5, noNullPrototype: true },
  ),
  headers: fc.dictionary(name, visible, { maxKeys: 5, noNullPrototype: true }),
  body: fc.string({ unit: 'binary', maxLength: 50 }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** The same request for the SDK (objects) and for the wire (text). */
function bothForms({ method, segments, query, headers, body }: Request) {
  const path = `/${segments.join('/')}`;
  const own = { host: 'kms.example', 'x-amz-target': 'TrentService.Encrypt', ...headers };
  return { sdkRequest: { method, protocol: 'https:', hostname: 'kms.example', path, query, headers: own, body }, own };
}

function wireQuery(query: Record<string, unknown>): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((v) => [key, String(v)]));
  return pairs.map(([key = '', value = '']) => `${encodeRfc3986(key)}=${encodeRfc3986(value)}`).join('&');
}

function verify(method: string, path: string, query: string, headers: Record<string, string>, body: string): boolean {
  const facts = { method, path, query, rawHeaders: Object.entries(headers).flat() };
  const parsed = parseAuthorization(facts) as ParsedAuthorization;
  const key = signingKey(EXAMPLE.secretAccessKey, parsed.scope.date, parsed.scope.region, parsed.scope.service);
  const canonical = canonicalRequest(facts, parsed, hash('sha256', body, 'hex'));
  return verifySignature(key, stringToSign(parsed.amzDate, parsed.scope, canonical), parsed.signature);
}

describe('what the AWS SDK for JavaScript signs is verified', () => {
  test('in the header form', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const { sdkRequest } = bothForms(asked);
        const signed = await sdk.sign(sdkRequest, { signingDate });
        expect(verify(asked.method, sdkRequest.path, wireQuery(asked.query), signed.headers, asked.body)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('in the query form', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const { sdkRequest } = bothForms(asked);
        const signed = await sdk.presign(sdkRequest, { signingDate, expiresIn: 60 });
        expect(verify(asked.method, sdkRequest.path, wireQuery(signed.query ?? {}), signed.headers, asked.body)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('our signer', () => {
  const credentials = { ...EXAMPLE, sessionToken: 'TOKEN/+=' };

  test('makes the signature that the SDK makes', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const { sdkRequest, own } = bothForms(asked);
        const signed = await sdk.sign(sdkRequest, { signingDate });
        const sent = signRequest({
          method: asked.method,
          path: sdkRequest.path,
          query: wireQuery(asked.query),
          rawHeaders: [...Object.entries(own).flat(), 'x-amz-content-sha256', signed.headers['x-amz-content-sha256'] ?? ''],
          body: asked.body,
          credentials,
          amzDate: AMZ_DATE,
          ...SCOPE,
        });
        expect(sent.at(-1)).toBe(signed.headers['authorization']);
      }),
      { numRuns: 300 },
    );
  });

  test('presigns what verifies', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { sdkRequest, own } = bothForms(asked);
        const wire = { method: asked.method, path: sdkRequest.path, query: wireQuery(asked.query), rawHeaders: Object.entries(own).flat() };
        const query = presignRequest({ ...wire, body: asked.body, credentials, amzDate: AMZ_DATE, ...SCOPE }, 60);
        expect(verify(asked.method, sdkRequest.path, query, own, asked.body)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('any change of what was signed', () => {
  const wire = { method: 'POST', path: '/', query: 'a=1', rawHeaders: ['host', 'h', 'x-amz-target', 'T.E'] };
  const headers = (() => {
    const flat = signRequest({ ...wire, body: 'body', credentials: EXAMPLE, amzDate: AMZ_DATE, ...SCOPE });
    return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]])) as Record<string, string>;
  })();

  test('nothing changed verifies', () => {
    expect(verify('POST', '/', 'a=1', headers, 'body')).toBe(true);
  });
  test.each([
    ['method', 'GET', '/', 'a=1', headers, 'body'],
    ['path', 'POST', '/b', 'a=1', headers, 'body'],
    ['query', 'POST', '/', 'a=2', headers, 'body'],
    ['extra query parameter', 'POST', '/', 'a=1&X-Amz-Signature=1', headers, 'body'],
    ['header', 'POST', '/', 'a=1', { ...headers, 'x-amz-target': 'T.D' }, 'body'],
    ['date', 'POST', '/', 'a=1', { ...headers, 'X-Amz-Date': '20150830T123601Z' }, 'body'],
    ['body', 'POST', '/', 'a=1', headers, 'bodY'],
  ])('of the %s is refused', (_, method, path, query, changed, body) => {
    expect(verify(method, path, query, changed, body)).toBe(false);
  });
});

test('whatever the headers say, the answer is claims, anonymous or a documented error', () => {
  const codes = ['IncompleteSignatureException', 'InvalidSignatureException', 'UnrecognizedClientException'];
  const token = fc.constantFrom(
    ...['AWS4-HMAC-SHA256', ' ', ',', '=', '/', 'Credential=', 'SignedHeaders=', 'Signature=', 'host', ';', 'a/20150830/r/s/aws4_request'],
    ...['0'.repeat(64), '%', '&', 'X-Amz-Signature=', 'X-Amz-Algorithm=', 'X-Amz-Credential=', '\u0000', 'é'],
  );
  const noise = fc.array(token, { maxLength: 20 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(noise, noise, noise, (authorization, query, date) => {
      const rawHeaders = authorization === '' ? [] : ['Authorization', authorization, 'X-Amz-Date', date];
      try {
        parseAuthorization({ method: 'GET', path: '/', query, rawHeaders });
      } catch (error) {
        expect(codes).toContain((error as { code: string }).code);
      }
    }),
    { numRuns: 3000 },
  );
});
