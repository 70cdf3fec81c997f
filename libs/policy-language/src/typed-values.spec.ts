import { describe, expect, test } from '@jest/globals';

import { parseDate, parseIpBlock, parseNumber } from './typed-values.ts';

describe('dates', () => {
  test.each([
    ['2015', 2015_000],
    ['2015-03', Date.UTC(2015, 2)],
    ['2015-03-29T12:30Z', Date.UTC(2015, 2, 29, 12, 30)],
    ['2015-03-29T12:30:05.25+01:30', Date.UTC(2015, 2, 29, 11, 0, 5, 250)],
    ['2015-03-29t12:30:05z', Date.UTC(2015, 2, 29, 12, 30, 5)],
    ['1427632205.5', 1_427_632_205_500],
  ])('%s is read', (text, ms) => {
    expect(parseDate(text)).toBe(ms);
  });
  test.each(['', 'today', '2015-13', '2015-03-29T25:00Z', '2015-03-29T12:60Z', '2015-3-9', '2015-03-29T12:30+24:00', '-1'])(
    '%s is none',
    (text) => {
      expect(parseDate(text)).toBeUndefined();
    },
  );
});

describe('numbers', () => {
  test.each(['', 'NaN', 'Infinity', '0x10', '1,5', '1e9999', ' 1'])('%s is none', (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });
});

describe('addresses', () => {
  test.each([
    ['::', [0, 0, 0, 0, 0, 0, 0, 0], 128],
    ['::1/64', [0, 0, 0, 0, 0, 0, 0, 1], 64],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8], 128],
    ['1::8', [1, 0, 0, 0, 0, 0, 0, 8], 128],
    ['64:ff9b::192.0.2.33', [0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x221], 128],
    ['192.0.2.33/24', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x221], 120],
  ])('%s is read', (text, groups, prefixLength) => {
    expect(parseIpBlock(text)).toEqual({ groups, prefixLength });
  });
  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4/',
    '1.2.3.4/33',
    '::/129',
    '1:2',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1.2.3.4::',
    'g::',
  ])('%s is none', (text) => {
    expect(parseIpBlock(text)).toBeUndefined();
  });
});
