import { createHmac, hash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { canonicalRequest } from './canonical-request.ts';
import { signatureOf, signingKey, stringToSign } from './signature.ts';
import { EXAMPLE, HOST_AND_DATE, suite } from './vectors.fixture.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function canonical(path: string, query = '', rawHeaders: readonly string[] = ['Host', 'h'], signedHeaders = ['host']): string[] {
  return canonicalRequest({ method: 'GET', path, query, rawHeaders }, { signedHeaders, presigned: false }, EMPTY).split('\n');
}

describe('the AWS Signature Version 4 test suite', () => {
  test.each(suite)('$name has its signature', ({ method, path, query, rawHeaders, signedHeaders, body, signature }) => {
    const text = canonicalRequest({ method, path, query, rawHeaders }, { signedHeaders, presigned: false }, hash('sha256', body, 'hex'));
    const key = signingKey(EXAMPLE.secretAccessKey, '20150830', 'us-east-1', 'service');
    const scope = { date: '20150830', region: 'us-east-1', service: 'service' };
    expect(signatureOf(key, stringToSign('20150830T123600Z', scope, text))).toBe(signature);
  });

  test('get-vanilla has its canonical request', () => {
    const request = { method: 'GET', path: '/', query: '', rawHeaders: HOST_AND_DATE };
    expect(canonicalRequest(request, { signedHeaders: ['host', 'x-amz-date'], presigned: false }, EMPTY)).toBe(
      `GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n${EMPTY}`,
    );
  });

  test('the day key of the documentation is derived (General Reference, "Deriving the signing key")', () => {
    const key = signingKey(EXAMPLE.secretAccessKey, '20150830', 'us-east-1', 'iam');
    const documented = Buffer.from('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9', 'hex');
    expect(signatureOf(key, 'text')).toBe(createHmac('sha256', documented).update('text').digest('hex'));
  });
});

describe('the path', () => {
  test.each([
    ['what was encoded is encoded once more', '/a%20b', '/a%2520b'],
    ['a trailing slash stays', '/a/b/', '/a/b/'],
    ['dot segments never climb above the root', '/../../a', '/a'],
    ['an empty path is the root', '', '/'],
    ['sub-delimiters are encoded', "/a!b'(c)*", '/a%21b%27%28c%29%2A'],
  ])('%s', (_, path, expected) => {
    expect(canonical(path)[1]).toBe(expected);
  });
});

describe('the query', () => {
  test.each([
    ['names sort by byte, then values', 'b=1&a=2&a=1&B=1', 'B=1&a=1&a=2&b=1'],
    ['sorting is of the encoded text', 'a%C3%A9=1&a%7E=2', 'a%C3%A9=1&a~=2'],
    ['a plus sign is a space', 'a=b+c', 'a=b%20c'],
    ['lower-case escapes become upper-case', 'a=%2f', 'a=%2F'],
    ['a name without a value gets an equal sign', 'b&a', 'a=&b='],
    ['a lone percent sign stands for itself', 'a=100%', 'a=100%25'],
    ['equal signs in a value are encoded', 'a=b=c', 'a=b%3Dc'],
    ['bytes that are no UTF-8 become the replacement character', 'a=%FF%41', 'a=%EF%BF%BDA'],
  ])('%s', (_, query, expected) => {
    expect(canonical('/', query)[2]).toBe(expected);
  });
});

test.each([
  ['is left out when presigned', true, 'X-Amz-Date=1'],
  ['counts otherwise', false, 'X-Amz-Date=1&X-Amz-Signature=abc'],
])('X-Amz-Signature in the query %s', (_, presigned, expected) => {
  const request = { method: 'GET', path: '/', query: 'X-Amz-Signature=abc&X-Amz-Date=1', rawHeaders: [] };
  expect(canonicalRequest(request, { signedHeaders: [], presigned }, EMPTY).split('\n')[2]).toBe(expected);
});

describe('headers', () => {
  test('values are trimmed and inner blanks collapse', () => {
    expect(canonical('/', '', ['Host', ' h \t', 'A', 'x \t  y'], ['a', 'host']).slice(3, 5)).toEqual(['a:x y', 'host:h']);
  });
  test('a signed header that was not sent is empty', () => {
    expect(canonical('/', '', ['Host', 'h'], ['gone', 'host'])[3]).toBe('gone:');
  });
  test('UTF-8 that the parser delivered byte by byte is text again', () => {
    const wire = Buffer.from('é ሴ', 'utf8').toString('latin1');
    expect(canonical('/', '', ['Host', 'h', 'A', wire], ['a', 'host'])[3]).toBe('a:é ሴ');
  });
  test('headers that are not listed are not covered', () => {
    expect(canonical('/', '', ['Host', 'h', 'User-Agent', 'x']).join()).not.toContain('user-agent');
  });
});
