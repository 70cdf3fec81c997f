import { describe, expect, test } from '@jest/globals';
import { stepOfCode, totpCode } from './totp.ts';

/** RFC 6238, appendix B: the SHA-1 rows, of whose eight digits these are the last six. */
const SEED = Buffer.from('12345678901234567890');
const VECTORS: [number, string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

describe('codes of an MFA device', () => {
  test.each(VECTORS)('at %d s are those of RFC 6238', (seconds, code) => {
    expect(totpCode(SEED, Math.floor(seconds / 30))).toBe(code);
    expect(stepOfCode(SEED, code, seconds * 1000, 0)).toBe(Math.floor(seconds / 30));
  });

  test('count one step early and one step late, no further', () => {
    const at = 1_111_111_111;
    const step = Math.floor(at / 30);
    const found = [-2, -1, 0, 1, 2].map((late) => stepOfCode(SEED, totpCode(SEED, step), (at + late * 30) * 1000, 0));
    expect(found).toEqual([undefined, step, step, step, undefined]);
  });

  test('follow the drift of the device', () => {
    const at = 1_111_111_111;
    const step = Math.floor(at / 30) + 5;
    expect(stepOfCode(SEED, totpCode(SEED, step), at * 1000, 5)).toBe(step);
    expect(stepOfCode(SEED, totpCode(SEED, step), at * 1000, 0)).toBeUndefined();
  });

  test.each(['', '28708', '2870822', '28708x'])('%j is none', (code) => {
    expect(stepOfCode(SEED, code, 59_000, 0)).toBeUndefined();
  });
});
