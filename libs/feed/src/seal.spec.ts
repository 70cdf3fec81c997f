import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { decodeChanges, decodeConfirm, encodeChanges, encodeConfirm } from './messages.ts';
import { seal, sealKeyOf, unseal } from './seal.ts';

const key = sealKeyOf(randomBytes(32));
const change = { sequence: 2n ** 60n, kind: 'key', id: '1234abcd', version: 3n };

describe('sealed messages', () => {
  test('come back as they were', () => {
    expect(decodeChanges(key, 'keys.us-east-1', encodeChanges(key, 'keys.us-east-1', [change]))).toEqual([change]);
    expect(decodeConfirm(key, 'principals', encodeConfirm(key, 'principals', 'policy-a/1', 7n))).toEqual({
      follower: 'policy-a/1',
      applied: 7n,
    });
  });

  test.each([
    ['another key', (message: Buffer) => unseal(sealKeyOf(randomBytes(32)), 'changes', 'keys', message)],
    ['another feed', (message: Buffer) => unseal(key, 'changes', 'keys.eu-west-1', message)],
    ['another kind', (message: Buffer) => unseal(key, 'confirms', 'keys', message)],
    ['less than a tag', (message: Buffer) => unseal(key, 'changes', 'keys', message.subarray(0, 31))],
  ])('are refused under %s', (_, open) => {
    expect(open(seal(key, 'changes', 'keys', Buffer.from('body')))).toBeUndefined();
  });

  test('are refused after any change of any byte', () => {
    const message = seal(key, 'changes', 'keys', Buffer.from('a body of some length'));
    for (let i = 0; i < message.length; i++) {
      const forged = Buffer.from(message);
      forged[i] = (forged[i] ?? 0) ^ 1;
      expect(unseal(key, 'changes', 'keys', forged)).toBeUndefined();
    }
  });

  test('are refused whatever else comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeChanges(key, 'keys', bytes) === undefined));
  });
});
