import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accountOfTemporary, temporaryAccessKeyId } from './access-key-ids.ts';

test('a temporary access key id tells its account', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), fc.uint8Array({ minLength: 8, maxLength: 8 }), (number, bytes) => {
      const account = String(number).padStart(12, '0');
      const id = temporaryAccessKeyId(account, () => bytes);
      expect(id).toMatch(/^ASIA[A-Z2-7]{16}$/);
      expect(accountOfTemporary(id)).toBe(account);
    }),
  );
});

test.each(['', 'AKIAAAAAAAAAAAAAAAAA', 'ASIA', 'ASIA1111111111111111', 'ASIA7777777777777777', 'ASIAAAAAAAAAAAAAAAAAA'])(
  '%j tells none',
  (id) => {
    expect(accountOfTemporary(id)).toBeUndefined();
  },
);
