import { hash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { parseAuthorization } from './parse-authorization.ts';

const DATE = '20150830T123600Z';
const SIGNATURE = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const CREDENTIAL = 'AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request';
const AUTHORIZATION = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}`;

function parse(authorization: string | undefined, headers: string[] = ['X-Amz-Date', DATE], query = '') {
  const own = authorization === undefined ? [] : ['authorization', authorization];
  return parseAuthorization({ method: 'POST', path: '/', query, rawHeaders: ['Host', 'h', ...headers, ...own] });
}

function presigned(change: Record<string, string | undefined> = {}, headers: string[] = []) {
  const parameters: Record<string, string | undefined> = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': CREDENTIAL,
    'X-Amz-Date': DATE,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': SIGNATURE,
    ...change,
  };
  const pairs = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return parse(undefined, headers, pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&'));
}

describe('the header form', () => {
  test('its claims are read', () => {
    expect(parse(AUTHORIZATION)).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      scope: { date: '20150830', region: 'us-east-1', service: 'kms' },
      signedHeaders: ['host', 'x-amz-date'],
      signature: SIGNATURE,
      amzDate: DATE,
      presigned: false,
    });
  });

  test.each([
    ['blanks after commas may be missing', AUTHORIZATION.replaceAll(', ', ',')],
    ['parameters come in any order', `AWS4-HMAC-SHA256 Signature=${SIGNATURE},SignedHeaders=host;x-amz-date, Credential=${CREDENTIAL}`],
    ['blanks around it are ignored', `  ${AUTHORIZATION.replace(' ', '   ')} `],
  ])('%s', (_, authorization) => {
    expect(parse(authorization)).toEqual(parse(AUTHORIZATION));
  });

  test('a session token is read from its header', () => {
    const authorization = AUTHORIZATION.replace('host;', 'host;x-amz-security-token;');
    expect(parse(authorization, ['X-Amz-Date', DATE, 'X-Amz-Security-Token', 'TOKEN'])).toMatchObject({ sessionToken: 'TOKEN' });
  });

  test('the Date header serves when X-Amz-Date is missing', () => {
    expect(parse(AUTHORIZATION, ['Date', 'Sun, 30 Aug 2015 12:36:00 GMT'])).toMatchObject({ amzDate: DATE });
  });

  test('it wins over the query form', () => {
    expect(parse(AUTHORIZATION, ['X-Amz-Date', DATE], 'X-Amz-Algorithm=x')).toMatchObject({ presigned: false });
  });
});

describe('the query form', () => {
  test('its claims are read', () => {
    expect(presigned({ 'X-Amz-Security-Token': 'a/b+c=' })).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      scope: { date: '20150830', region: 'us-east-1', service: 'kms' },
      signedHeaders: ['host'],
      signature: SIGNATURE,
      amzDate: DATE,
      presigned: true,
      sessionToken: 'a/b+c=',
      expiresSeconds: 60,
    });
  });
  test('X-Amz-Expires may be missing', () => {
    expect(presigned({ 'X-Amz-Expires': undefined })).not.toHaveProperty('expiresSeconds');
  });
  test.each([
    ['X-Amz-Expires', 'soon', 'X-Amz-Expires should be a number'],
    ['X-Amz-Expires', '-1', 'X-Amz-Expires should be a number'],
    ['X-Amz-Expires', '604801', expect.stringContaining('less than a week')],
    ['X-Amz-Algorithm', 'AWS4-ECDSA-P256-SHA256', "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."],
    ['X-Amz-SignedHeaders', '', "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters."],
    ['X-Amz-Date', undefined, "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."],
    ['X-Amz-SignedHeaders', 'host\nx', expect.stringContaining("'SignedHeaders' must be")],
  ])('%s=%s is refused', (name, value, message) => {
    expect(() => presigned({ [name]: value })).toThrow(expect.objectContaining({ code: 'IncompleteSignatureException', message }));
  });
});

test.each([
  ['nothing', '', ['X-Amz-Date', DATE]],
  ['other query parameters', 'Action=AssumeRoleWithWebIdentity&X-Amz-Foo=1', []],
])('a request with %s is anonymous', (_, query, headers) => {
  expect(parse(undefined, headers, query)).toEqual({ anonymous: true });
});

describe('refused', () => {
  const base64 = (text: string) => hash('sha256', text, 'base64');
  const hashed = (text: string) => `(Hashed with SHA-256 and encoded with Base64) Authorization=${base64(text)}`;
  const required = ['Credential', 'Signature', 'SignedHeaders']
    .map((name) => `Authorization header requires '${name}' parameter. `)
    .join('');
  const change = (from: string, to: string) => AUTHORIZATION.replace(from, to);
  const noCredential = change(`Credential=${CREDENTIAL}, `, '');
  const noEqual = change('Signature=', 'Signature');

  test.each([
    ['another scheme', 'Basic abc', 'IncompleteSignatureException', required + hashed('Basic abc')],
    ['a bare algorithm', 'AWS4-HMAC-SHA256', 'IncompleteSignatureException', required + hashed('AWS4-HMAC-SHA256')],
    ['SigV4a', 'AWS4-ECDSA-P256-SHA256 x', 'IncompleteSignatureException', "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."],
    [
      'a missing Credential',
      noCredential,
      'IncompleteSignatureException',
      `Authorization header requires 'Credential' parameter. ${hashed(noCredential)}`,
    ],
    [
      'a parameter without equal sign',
      noEqual,
      'IncompleteSignatureException',
      `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${base64(noEqual)}'.`,
    ],
    [
      'a credential of four parts',
      change('/aws4_request', ''),
      'IncompleteSignatureException',
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20150830/us-east-1/kms'",
    ],
    [
      'another terminator',
      change('aws4_request', 'aws3'),
      'InvalidSignatureException',
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3'.",
    ],
    [
      'a scope of another day',
      change('/20150830', '/20150831'),
      'InvalidSignatureException',
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150831' != '20150830', from '20150830T123600Z'.",
    ],
    [
      'an odd access key id',
      change('AKID', 'AK%ID'),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    ['an odd region', change('us-east-1', 'us_east'), 'InvalidSignatureException', 'Credential should be scoped to a valid region.'],
    [
      'host left unsigned',
      change('host;', ''),
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'an x-amz header left unsigned',
      change(';x-amz-date', ''),
      'InvalidSignatureException',
      "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    ['upper case in SignedHeaders', change('host', 'Host'), 'IncompleteSignatureException', expect.stringContaining('lower-case')],
    [
      '129 signed headers',
      change('host', Array<string>(128).fill('host').join(';')),
      'IncompleteSignatureException',
      expect.stringContaining('at most 128'),
    ],
    [
      'a short signature',
      change(SIGNATURE, 'abcd'),
      'InvalidSignatureException',
      expect.stringMatching(/^The request signature we calculated/),
    ],
  ])('%s', (_, authorization, code, message) => {
    expect(() => parse(authorization)).toThrow(expect.objectContaining({ code, message }));
  });

  test('a date that is none', () => {
    expect(() => parse(AUTHORIZATION, ['X-Amz-Date', '2015-08-30'])).toThrow(
      expect.objectContaining({
        code: 'IncompleteSignatureException',
        message: "Date must be in ISO-8601 'basic format'. Got '2015-08-30'. See http://en.wikipedia.org/wiki/ISO_8601",
      }),
    );
  });
  test('no date at all', () => {
    const dateless = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    expect(() => parse(AUTHORIZATION, [])).toThrow(dateless + hashed(AUTHORIZATION));
  });
  test('two Authorization headers', () => {
    expect(() => parse(AUTHORIZATION, ['X-Amz-Date', DATE, 'Authorization', AUTHORIZATION])).toThrow(
      'Authorization header must occur once.',
    );
  });
});
