import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { KEY } from './builders.fixture.ts';
import { makeGrantToken, readGrantToken } from './grant-token.ts';

const key = Buffer.alloc(32, 1);
const body = { grantId: 'ab'.repeat(32), keyArn: KEY };
const token = makeGrantToken(key, body, Buffer.alloc(16, 2));

describe('a grant token', () => {
  test('says which grant of which key it names', () => {
    expect(readGrantToken(key, token)).toEqual(body);
  });
  test("begins as AWS's do, and differs each time", () => {
    expect(token.startsWith('AQpA')).toBe(true);
    expect(makeGrantToken(key, body, Buffer.alloc(16, 3))).not.toBe(token);
  });
  test('of another cluster is none', () => {
    expect(readGrantToken(Buffer.alloc(32, 9), token)).toBeUndefined();
  });
  test('with any bit turned is none', () => {
    const bytes = Buffer.from(token, 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readGrantToken(key, turned.toString('base64'))).toBeUndefined();
    }
  });
  test.each([
    ['empty', ''],
    ['with a space', `${token} `],
    ['twice', token + token],
    ['in the alphabet of URLs', token.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') + '-'],
    ['long', 'A'.repeat(8192)],
  ])('%s is none', (_, text) => {
    expect(readGrantToken(key, text)).toBeUndefined();
  });
  test('is not made of any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => readGrantToken(key, text) === undefined));
  });
  test('is refused parts that it has no room for', () => {
    expect(() => makeGrantToken(key, { ...body, keyArn: 'x'.repeat(128) }, Buffer.alloc(16))).toThrow(RangeError);
    expect(() => makeGrantToken(key, body, Buffer.alloc(8))).toThrow(RangeError);
  });
});
