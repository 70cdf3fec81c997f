import { hash } from 'node:crypto';

import type { HmacKey } from '@trent/secret-bytes';

import { encodeRfc3986, queryPairs } from './canonical-uri.ts';
import { canonicalRequest } from './canonical-request.ts';
import type { CredentialScope, HttpFacts } from './http-facts.ts';
import { ALGORITHM, scopeText, signatureOf, signingKey, stringToSign } from './signature.ts';

/** Who signs. The secret is bytes, never a string, so that its owner can wipe it. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Uint8Array;
  readonly sessionToken?: string;
}

/** What is signed, for which region and service, when. */
export interface SignInput extends HttpFacts {
  readonly body: Uint8Array | string;
  readonly credentials: SigningCredentials;
  readonly region: string;
  readonly service: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string;
  /** A cached key of this date, region and service; derived when absent. */
  readonly dayKey?: HmacKey;
}

/** Headers that proxies and HTTP clients add or change: what a signer leaves out, as the AWS SDKs do. */
const UNSIGNED = new Set([
  'authorization',
  'connection',
  'expect',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
]);

/**
 * Signs in the header form: the given headers (`Host` must be among them) plus X-Amz-Date, X-Amz-Security-Token for session credentials and
 * Authorization. For tests, benchmarks and our client.
 * @returns rawHeaders to send, in turn name and value
 */
export function signRequest(input: SignInput): string[] {
  const rawHeaders = [...input.rawHeaders, 'X-Amz-Date', input.amzDate];
  if (input.credentials.sessionToken !== undefined) rawHeaders.push('X-Amz-Security-Token', input.credentials.sessionToken);
  const signedHeaders = headersToSign(rawHeaders);
  const request = { method: input.method, path: input.path, query: input.query, rawHeaders };
  const signature = sign(input, canonicalRequest(request, { signedHeaders, presigned: false }, hash('sha256', input.body, 'hex')));
  const credential = `${input.credentials.accessKeyId}/${scopeText(scopeOf(input))}`;
  rawHeaders.push(
    'Authorization',
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  );
  return rawHeaders;
}

/**
 * Signs in the query form: the X-Amz-… parameters go into the query string, the signature last.
 * @returns the query to send, without `?`
 */
export function presignRequest(input: SignInput, expiresSeconds: number): string {
  const signedHeaders = headersToSign(input.rawHeaders);
  const parameters: [string, string][] = [
    ...queryPairs(input.query),
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', `${input.credentials.accessKeyId}/${scopeText(scopeOf(input))}`],
    ['X-Amz-Date', input.amzDate],
    ['X-Amz-Expires', String(expiresSeconds)],
    ['X-Amz-SignedHeaders', signedHeaders.join(';')],
  ];
  if (input.credentials.sessionToken !== undefined) parameters.push(['X-Amz-Security-Token', input.credentials.sessionToken]);
  const query = parameters.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`).join('&');
  const request = { method: input.method, path: input.path, query, rawHeaders: input.rawHeaders };
  const signature = sign(input, canonicalRequest(request, { signedHeaders, presigned: true }, hash('sha256', input.body, 'hex')));
  return `${query}&X-Amz-Signature=${signature}`;
}

function headersToSign(rawHeaders: readonly string[]): string[] {
  const names = new Set<string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!UNSIGNED.has(name)) names.add(name);
  }
  return [...names].sort();
}

function scopeOf(input: SignInput): CredentialScope {
  return { date: input.amzDate.slice(0, 8), region: input.region, service: input.service };
}

function sign(input: SignInput, canonical: string): string {
  const scope = scopeOf(input);
  const key = input.dayKey ?? signingKey(input.credentials.secretAccessKey, scope.date, scope.region, scope.service);
  return signatureOf(key, stringToSign(input.amzDate, scope, canonical));
}
