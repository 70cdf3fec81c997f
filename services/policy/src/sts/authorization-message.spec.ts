import { describe, expect, test } from '@jest/globals';
import { generationOf, openMessage, sealMessage } from './authorization-message.ts';
import { sessionKeyOf } from './session-token.ts';

const KEY = sessionKeyOf(7, Buffer.alloc(32, 1));
const ACCOUNT = '111122223333';
const NONCE = Buffer.alloc(12, 9);
const INVALID = expect.objectContaining({ code: 'InvalidAuthorizationMessageException', message: 'Message is not valid' });

describe('an encoded authorization message', () => {
  const message = sealMessage(KEY, ACCOUNT, '{"allowed":false}', NONCE);

  test('is opened by its generation’s key for its own account', () => {
    expect(generationOf(message)).toBe(7);
    expect(openMessage(KEY, ACCOUNT, message)).toBe('{"allowed":false}');
    expect(Buffer.from(message, 'base64url').toString('latin1')).not.toContain('allowed');
  });

  test('is no other account’s', () => {
    expect(() => openMessage(KEY, '999999999999', message)).toThrow(INVALID);
  });

  test('is opened by no other key', () => {
    expect(() => openMessage(sessionKeyOf(7, Buffer.alloc(32, 2)), ACCOUNT, message)).toThrow(INVALID);
  });

  test('is refused with any bit of it changed', () => {
    const bytes = Buffer.from(message, 'base64url');
    for (let at = 1; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openMessage(KEY, ACCOUNT, changed.toString('base64url'))).toThrow(INVALID);
    }
  });

  test.each(['', 'AQ', 'not a message', `${message}=`, `B${message.slice(1)}`, message.slice(0, 40), '☃'])('%j cannot be one', (text) => {
    expect(() => generationOf(text)).toThrow(INVALID);
  });
});
