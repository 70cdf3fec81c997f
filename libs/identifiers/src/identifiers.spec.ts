import { describe, expect, test } from '@jest/globals';

import {
  isMultiRegionKeyId,
  isReservedAliasName,
  keyIdFromBytes,
  keyIdToBytes,
  newEventId,
  newKeyId,
  newRequestId,
  parseAccountId,
  parseAliasName,
  parseBackingKeyId,
  parseEpochMillis,
  parseGrantId,
  parseKeyId,
  parseRegionName,
  parseRequestId,
  pooledRandom,
} from './index.ts';
import type { AliasName, KeyId } from './index.ts';

const SINGLE = '1b2c3d4e-0000-4000-8000-00000000000a';
const MULTI = 'mrk-1b2c3d4e00004000800000000000000a';

describe('what is taken and what is not', () => {
  const rows: [string, (text: string) => string | undefined, string[], string[]][] = [
    [
      'account',
      parseAccountId,
      ['111122223333', '000000000000'],
      ['', '11112222333', '1111222233334', '11112222333x', '１１１１２２２２３３３３', ' 11122223333'],
    ],
    [
      'region',
      parseRegionName,
      ['eu-west-1', 'us-gov-west-1', 'ap-southeast-12'],
      ['', 'eu', 'eu-west', 'EU-west-1', 'eu-west-1 ', 'a-b-c-d-1', `${'a'.repeat(20)}-${'b'.repeat(10)}-1`, 'eu--west-1'],
    ],
    [
      'key id',
      parseKeyId,
      [SINGLE, MULTI, '1234abcd-12ab-34cd-56ef-1234567890ab'],
      [
        '',
        SINGLE.toUpperCase(),
        SINGLE.replaceAll('-', ''),
        `${SINGLE} `,
        'mrk-fake',
        MULTI.slice(0, -1),
        `${MULTI}0`,
        'MRK-1b2c3d4e00004000800000000000000a',
        `key/${SINGLE}`,
        SINGLE.replace('a', 'g'),
        '1b2c3d4e00000-4000-8000-00000000000a',
      ],
    ],
    ['material id', parseBackingKeyId, ['0f'.repeat(32)], ['', '0F'.repeat(32), '0f'.repeat(31), '0f'.repeat(33)]],
    ['grant id', parseGrantId, ['a1'.repeat(32)], ['', 'A1'.repeat(32), 'zz'.repeat(32), 'a1'.repeat(32) + ' ']],
    [
      'alias name',
      parseAliasName,
      ['alias/x', 'alias/a/b_c-D9', `alias/${'x'.repeat(250)}`, 'alias/aws/s3'],
      ['', 'alias/', 'x', 'Alias/x', 'alias/a:b', 'alias/a b', 'alias/ü', `alias/${'x'.repeat(251)}`, 'alias/x\n'],
    ],
    ['request id', parseRequestId, [SINGLE], ['', SINGLE.toUpperCase(), MULTI]],
  ];
  for (const [name, parse, good, bad] of rows) {
    test.each(good)(`%j is a valid ${name}`, (text) => {
      expect(parse(text)).toBe(text);
    });
    test.each(bad)(`%j is no ${name}`, (text) => {
      expect(parse(text)).toBeUndefined();
    });
  }

  test.each([0, 1, 1_760_000_000_000])('%d is a point in time', (value) => {
    expect(parseEpochMillis(value)).toBe(value);
  });
  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%d is no point in time', (value) => {
    expect(parseEpochMillis(value)).toBeUndefined();
  });

  test('names under alias/aws/ are reserved', () => {
    expect(isReservedAliasName('alias/aws/s3' as AliasName)).toBe(true);
    expect(isReservedAliasName('alias/awsome' as AliasName)).toBe(false);
  });
});

describe('key ids as bytes', () => {
  test('a single-Region id is 0 and its sixteen bytes', () => {
    expect(Buffer.from(keyIdToBytes(SINGLE as KeyId)).toString('hex')).toBe('001b2c3d4e00004000800000000000000a');
    expect(keyIdFromBytes(keyIdToBytes(SINGLE as KeyId))).toBe(SINGLE);
  });

  test('a multi-Region id is 1 and its sixteen bytes', () => {
    expect(Buffer.from(keyIdToBytes(MULTI as KeyId)).toString('hex')).toBe('011b2c3d4e00004000800000000000000a');
    expect(keyIdFromBytes(keyIdToBytes(MULTI as KeyId))).toBe(MULTI);
  });

  test('another kind, or too few bytes, is no key id', () => {
    expect(keyIdFromBytes(Buffer.alloc(17, 2))).toBeUndefined();
    expect(keyIdFromBytes(Buffer.alloc(16))).toBeUndefined();
    expect(keyIdFromBytes(Buffer.alloc(20), 4)).toBeUndefined();
  });
});

describe('fresh ids', () => {
  const ones = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);

  test('a UUID has version 4 and variant 10 (RFC 9562 §5.4)', () => {
    expect(newRequestId(ones)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(newEventId(ones)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(newKeyId(ones(16), false)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
  });

  test('a multi-Region id keeps all its random bits', () => {
    const id = newKeyId(ones(16), true);
    expect(id).toBe(`mrk-${'f'.repeat(32)}`);
    expect(isMultiRegionKeyId(id)).toBe(true);
  });

  test('a key id of fewer than sixteen bytes is refused', () => {
    expect(() => newKeyId(ones(15), true)).toThrow(RangeError);
  });
});

describe('pooled random bytes', () => {
  test('none is given twice and the pool is refilled when it is used up', () => {
    let fills = 0;
    let next = 0;
    const random = pooledRandom((target) => {
      fills += 1;
      for (let i = 0; i < target.length; i++) target[i] = next++;
    }, 40);
    const given = Array.from({ length: 4 }, () => [...random(16)]);
    expect(given.map((bytes) => bytes[0])).toEqual([0, 16, 40, 56]);
    expect(fills).toBe(2);
  });

  test('more than the pool holds is refused', () => {
    expect(() => pooledRandom(() => undefined, 8)(9)).toThrow(RangeError);
  });
});
