import { describe, expect, test } from '@jest/globals';
import { readMark, UNPROVEN, writeMark } from './freeze-proof.ts';
import type { FreezeMark } from './freeze-state.ts';

const KEY = Buffer.alloc(32, 7);
const NOW = 1_800_000_000_000;
const letGo: FreezeMark = { target: 'account/111122223333', frozen: false, reason: 'found', atMs: NOW };
const subjectOf = (target: string): string => `trent.freezes.${Buffer.from(target).toString('base64url')}`;
const read = (text: string, { subject = subjectOf(letGo.target), storedAtMs = NOW } = {}) =>
  readMark(KEY, { subject, data: Buffer.from(text), storedAtMs });

describe('a word about a freeze', () => {
  test('that policy wrote is taken as it was written', () => {
    expect(read(writeMark(KEY, letGo))).toEqual(letGo);
    const frozen = { ...letGo, frozen: true };
    expect(read(writeMark(KEY, frozen))).toEqual(frozen);
  });

  const genuine = JSON.parse(writeMark(KEY, letGo)) as object;
  test.each<[string, string, { subject?: string; storedAtMs?: number }]>([
    ['without proof', JSON.stringify(letGo), {}],
    ['with the proof of another key', writeMark(Buffer.alloc(32, 8), letGo), {}],
    [
      'whose freeze was turned into letting go',
      JSON.stringify({ ...JSON.parse(writeMark(KEY, { ...letGo, frozen: true })), frozen: false }),
      {},
    ],
    ['with another time', JSON.stringify({ ...genuine, atMs: NOW + 1 }), {}],
    ['with half a proof', JSON.stringify({ ...genuine, proof: 'AAAA' }), {}],
    ['that was sent again later', writeMark(KEY, letGo), { storedAtMs: NOW + 301_000 }],
    ['that is no JSON', '{', {}],
    ['that is JSON of another kind', 'null', {}],
  ])('%s leaves its target frozen', (_name, text, where) => {
    expect(read(text, where)).toMatchObject({ target: letGo.target, frozen: true, reason: UNPROVEN });
  });

  test('about another target than its subject freezes the one of the subject', () => {
    expect(read(writeMark(KEY, letGo), { subject: subjectOf('account/999999999999') })).toMatchObject({
      target: 'account/999999999999',
      frozen: true,
    });
  });

  test('on a subject that names no target is nobody’s', () => {
    expect(read(writeMark(KEY, letGo), { subject: 'trent.freezes.xyz' })).toBeUndefined();
  });
});
