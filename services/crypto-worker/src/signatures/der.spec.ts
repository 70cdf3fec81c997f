import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { derOfSignature, rawOfSignature } from './der.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('ECDSA signatures in DER', () => {
  test.each([
    ['numbers of one byte', '00010002', '3006020101020102'],
    ['a number whose first bit is set gets a zero in front', '00800002', '300702020080020102'],
    ['zero is one byte', '00000000', '3006020100020100'],
    ['numbers of full length', 'ffff7fff', '3009020300ffff02027fff'],
  ])('%s, both ways', (_name, raw, der) => {
    expect(derOfSignature(hex(raw)).toString('hex')).toBe(der);
    expect(rawOfSignature(hex(der), 2)?.toString('hex')).toBe(raw);
  });

  test.each(['P-256', 'P-384', 'P-521'])('what OpenSSL signs on %s is read, and written again as it was', (namedCurve) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve });
    const bytes = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }[namedCurve] ?? 0;
    for (let i = 0; i < 50; i++) {
      const der = sign('sha256', createHash('sha256').update(String(i)).digest(), { key: privateKey, dsaEncoding: 'der' });
      const raw = rawOfSignature(der, bytes);
      expect(raw?.length).toBe(2 * bytes);
      expect(derOfSignature(raw ?? Buffer.alloc(0))).toEqual(der);
    }
  });

  test.each([
    ['nothing', ''],
    ['no sequence', '3106020101020102'],
    ['a byte behind', '300602010102010200'],
    ['a byte within, behind the second number', '300702010102010200'],
    ['a byte too few', '30060201010201'],
    ['one number', '3003020101'],
    ['a negative number', '3006020181020102'],
    ['a number with a needless zero', '300702020001020102'],
    ['an empty number', '30050200020102'],
    ['a number that is too long', '300802030100000201 02'],
    ['a needless long form', '308106020101020102'],
    ['a length of many bytes', '3082000602010102 0102'],
    ['a length beyond the end', '30ff020101020102'],
  ])('%s is no signature', (_name, der) => {
    expect(rawOfSignature(hex(der), 2)).toBeUndefined();
  });
});
