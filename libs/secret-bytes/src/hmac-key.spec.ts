import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { HmacKey } from './hmac-key.ts';

const tagOf = (key: HmacKey, message: Uint8Array | string) => Buffer.from(key.tag(message), 'latin1').toString('hex');

describe('HmacKey', () => {
  test('gives the tags of RFC 4231', () => {
    // Test cases 1, 2 and 6 (a key longer than a block).
    expect(tagOf(new HmacKey(Buffer.alloc(20, 0x0b)), 'Hi There')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
    expect(tagOf(new HmacKey(Buffer.from('Jefe')), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(tagOf(new HmacKey(Buffer.alloc(131, 0xaa)), 'Test Using Larger Than Block-Size Key - Hash Key First')).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  test.each([0, 1, 63, 64, 65, 1365, 1366, 4095, 4096, 4097, 70_000])('agrees with createHmac on %d bytes', (length) => {
    const key = randomBytes(32);
    const message = randomBytes(length);
    expect(tagOf(new HmacKey(key), message)).toBe(createHmac('sha256', key).update(message).digest('hex'));
  });

  test.each(['', 'x', 'é€😀', '€'.repeat(1365), '€'.repeat(1366), 'x'.repeat(5000)])('agrees with createHmac on text', (text) => {
    const key = randomBytes(32);
    expect(tagOf(new HmacKey(key), text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
  });
});
