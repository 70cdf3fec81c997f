import { hash } from 'node:crypto';

import { fail } from '@trent/errors';

import { queryPairs } from './canonical-uri.ts';
import { parseCredential } from './credential-scope.ts';
import type { HttpFacts, ParsedAuthorization } from './http-facts.ts';
import { ALGORITHM } from './signature.ts';
import { amzDateOfHttpDate, dateFormatText, parseAmzDate } from './signature-time.ts';

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const EXPIRES = /^\d{1,7}$/;
/** No client signs more; keeps the check that every x-amz header is signed cheap. */
const MAX_SIGNED_HEADERS = 128;
/** Seven days (AWS Signature Version 4, "Authenticating requests: using query parameters"). */
const MAX_EXPIRES_SECONDS = 604_800;

/** Headers that parsing looks at; of a repeated one the first counts and the signature, which covers them all, won't fit. */
interface Claims {
  authorization: string | undefined;
  amzDate: string | undefined;
  date: string | undefined;
  sessionToken: string | undefined;
  amzHeaders: string[];
}

/**
 * Reads who claims to have signed the request, from the Authorization header or, without one, from the X-Amz-… query parameters.
 * @returns the claims, unverified, or `anonymous` when there are none
 * @throws IncompleteSignatureException when claims are missing or malformed, InvalidSignatureException when they contradict each other or leave
 * `host` or an `x-amz-…` header unsigned; AWS's texts
 */
export function parseAuthorization(request: HttpFacts): ParsedAuthorization | { readonly anonymous: true } {
  const claims = readHeaders(request.rawHeaders);
  if (claims.authorization !== undefined) return fromHeader(claims.authorization, claims);
  if (request.query.includes('X-Amz-')) {
    const parameters = new Map(queryPairs(request.query));
    const names = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'];
    if (names.some((name) => parameters.has(name))) return fromQuery(parameters, claims);
  }
  return { anonymous: true };
}

function readHeaders(rawHeaders: readonly string[]): Claims {
  const claims: Claims = { authorization: undefined, amzDate: undefined, date: undefined, sessionToken: undefined, amzHeaders: [] };
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1];
    if (name.startsWith('x-amz-')) {
      claims.amzHeaders.push(name);
      if (name === 'x-amz-date') claims.amzDate ??= value?.trim();
      else if (name === 'x-amz-security-token') claims.sessionToken ??= value?.trim();
    } else if (name === 'authorization') {
      if (claims.authorization !== undefined) fail('IncompleteSignatureException', 'Authorization header must occur once.');
      claims.authorization = value;
    } else if (name === 'date') claims.date ??= value?.trim();
  }
  return claims;
}

function fromHeader(header: string, claims: Claims): ParsedAuthorization {
  const parameters = headerParameters(header);
  const credential = parameters.get('Credential');
  const signature = parameters.get('Signature');
  const signedHeaders = parameters.get('SignedHeaders');
  const sent = claims.amzDate ?? claims.date;
  if (credential === undefined || signature === undefined || signedHeaders === undefined || sent === undefined) {
    const missing = ['Credential', 'Signature', 'SignedHeaders']
      .filter((name) => !parameters.has(name))
      .map((name) => `Authorization header requires '${name}' parameter. `)
      .join('');
    const dateless = sent === undefined ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " : '';
    fail(
      'IncompleteSignatureException',
      `${missing}${dateless}(Hashed with SHA-256 and encoded with Base64) Authorization=${digest(header)}`,
    );
  }
  const amzDate = claims.amzDate ?? amzDateOfHttpDate(sent) ?? sent;
  const parsed = { ...checked(credential, signature, signedHeaders, amzDate, claims.amzHeaders), presigned: false };
  return claims.sessionToken === undefined ? parsed : { ...parsed, sessionToken: claims.sessionToken };
}

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`: any order, blanks after commas optional, unknown names ignored. */
function headerParameters(header: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const text = header.trim();
  const space = text.search(/[ \t]/);
  const algorithm = space < 0 ? text : text.slice(0, space);
  if (algorithm !== ALGORITHM) {
    if (algorithm.startsWith('AWS4-')) fail('IncompleteSignatureException', `Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`);
    return parameters;
  }
  if (space < 0) return parameters;
  for (const part of text.slice(space).split(',')) {
    const pair = part.trim();
    const equals = pair.indexOf('=');
    if (equals < 0) {
      fail(
        'IncompleteSignatureException',
        `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${digest(header)}'.`,
      );
    }
    const value = pair.slice(equals + 1);
    if (value !== '') parameters.set(pair.slice(0, equals), value);
  }
  return parameters;
}

function fromQuery(parameters: ReadonlyMap<string, string>, claims: Claims): ParsedAuthorization {
  const [algorithm, credential, amzDate, signedHeaders, signature] = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-SignedHeaders',
    'X-Amz-Signature',
  ].map((name) => parameters.get(name) ?? '');
  if (!algorithm || !credential || !amzDate || !signedHeaders || !signature) {
    const missing = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
      .filter((name) => !parameters.get(name))
      .map((name) => `AWS query-string parameters must include '${name}'. `)
      .join('');
    fail('IncompleteSignatureException', `${missing}Re-examine the query-string parameters.`);
  }
  if (algorithm !== ALGORITHM) fail('IncompleteSignatureException', `Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`);
  const sessionToken = parameters.get('X-Amz-Security-Token') ?? claims.sessionToken;
  const expires = parameters.get('X-Amz-Expires');
  return {
    ...checked(credential, signature, signedHeaders, amzDate, claims.amzHeaders),
    presigned: true,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expires === undefined ? {} : { expiresSeconds: parseExpires(expires) }),
  };
}

/** What both forms share: date, credential, signature and the list of signed headers, each of its form and in agreement. */
function checked(credential: string, signature: string, signedHeaders: string, amzDate: string, amzHeaders: readonly string[]) {
  if (parseAmzDate(amzDate) === undefined) fail('IncompleteSignatureException', dateFormatText(amzDate));
  const { accessKeyId, scope } = parseCredential(credential, amzDate);
  if (!SIGNATURE.test(signature)) fail('InvalidSignatureException', SIGNATURE_MISMATCH);
  return { accessKeyId, scope, signedHeaders: signedHeaderList(signedHeaders, amzHeaders), signature, amzDate };
}

function signedHeaderList(text: string, amzHeaders: readonly string[]): string[] {
  const names = text.split(';', MAX_SIGNED_HEADERS + 1);
  if (names.length > MAX_SIGNED_HEADERS || !names.every((name) => HEADER_NAME.test(name))) {
    fail('IncompleteSignatureException', "'SignedHeaders' must be a list of at most 128 lower-case header names, separated by semicolons.");
  }
  if (!names.includes('host'))
    fail('InvalidSignatureException', "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  for (const name of amzHeaders) {
    if (!names.includes(name)) {
      const spelled = name.replace(/(^|-)([a-z])/g, (letter) => letter.toUpperCase());
      fail('InvalidSignatureException', `'${spelled}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  return names;
}

function parseExpires(text: string): number {
  if (!EXPIRES.test(text)) fail('IncompleteSignatureException', 'X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds > MAX_EXPIRES_SECONDS) {
    fail(
      'IncompleteSignatureException',
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  return seconds;
}

/** AWS's text for a signature that doesn't fit; which part differs is not told. */
export const SIGNATURE_MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. ' +
  'Consult the service documentation for details.';

/** AWS shows the header hashed, so that an error message can't leak a signature. */
function digest(header: string): string {
  return hash('sha256', header, 'base64');
}
