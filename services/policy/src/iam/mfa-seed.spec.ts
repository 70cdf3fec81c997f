import { describe, expect, test } from '@jest/globals';
import { totpCode } from '../sts/totp.ts';
import { base32Text, newSeed, stepOf, stepOfPair } from './mfa-seed.ts';

describe('seeds of virtual MFA devices', () => {
  test('Base32 is that of RFC 4648', () => {
    expect(base32Text(Buffer.from('foo12')).toString()).toBe('MZXW6MJS');
    expect(base32Text(newSeed()).toString()).toMatch(/^[A-Z2-7]{64}$/);
  });

  test('the code of a step is that of RFC 6238', () => {
    expect(totpCode(Buffer.from('12345678901234567890'), stepOf(59_000))).toBe('287082');
  });

  test('two codes count in a row and within reach, not one twice and not the other way round', () => {
    const seed = newSeed();
    const [first, second] = [totpCode(seed, 100), totpCode(seed, 101)];
    expect(stepOfPair(seed, [first, second], 105, 10)).toBe(101);
    expect(stepOfPair(seed, [second, first], 105, 10)).toBeUndefined();
    expect(stepOfPair(seed, [first, first], 105, 10)).toBeUndefined();
    expect(stepOfPair(seed, [first, second], 200, 10)).toBeUndefined();
  });
});
