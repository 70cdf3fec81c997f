import { describe, expect, test } from '@jest/globals';
import { reveal } from '@trent/secret-bytes/reveal';
import { ACCOUNT, aSession, NOW, SESSION_ACCESS_KEY_ID, SESSION_KEY } from '../authorize/authorize.fixture.ts';
import { openSession, readToken, sealSession, sessionKeyOf } from './session-token.ts';

const made = aSession({ tags: { team: 'blue' }, sourceIdentity: 'alice' });
const invalid = expect.objectContaining({ code: 'UnrecognizedClientException' }) as unknown as Error;
const open = (token: string) => openSession(SESSION_KEY, readToken(token));

describe('a session token', () => {
  test('opens to the session, its access key and its secret', () => {
    const opened = open(made.sessionToken);
    expect(opened.accessKeyId).toBe(SESSION_ACCESS_KEY_ID);
    expect(opened.session).toMatchObject({
      kind: 'role',
      holderArn: `arn:aws:iam::${ACCOUNT}:role/apps/App`,
      expiresAtMs: NOW + 3_540_000,
      tags: { team: 'blue' },
      sourceIdentity: 'alice',
    });
    expect(reveal(opened.secret).toString()).toBe(made.secretAccessKey);
  });

  test('has a secret of 40 characters that differs from token to token', () => {
    expect(made.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    const { session } = open(made.sessionToken);
    const other = sealSession(SESSION_KEY, SESSION_ACCESS_KEY_ID, session, Buffer.alloc(12, 2));
    expect(other.secretAccessKey).not.toBe(made.secretAccessKey);
  });

  test('that was altered in any byte opens nothing', () => {
    const bytes = Buffer.from(made.sessionToken, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => open(altered.toString('base64'))).toThrow(invalid);
    }
  });

  test('of another cluster, or of another generation under the same root, opens nothing', () => {
    const token = readToken(made.sessionToken);
    expect(() => openSession(sessionKeyOf(1, Buffer.alloc(32, 6)), token)).toThrow(invalid);
    const moved = Buffer.from(token.bytes);
    moved.writeUInt32BE(2, 1);
    expect(() => openSession(sessionKeyOf(2, Buffer.alloc(32, 5)), readToken(moved.toString('base64')))).toThrow(invalid);
  });

  test.each([
    ['nothing', ''],
    ['text', 'not a token'],
    ['too few bytes', Buffer.alloc(20, 1).toString('base64')],
    ['an unknown version', Buffer.alloc(100, 9).toString('base64')],
    ['characters that Base64 overlooks', `${made.sessionToken.slice(0, 20)} ${made.sessionToken.slice(20)}`],
    ['a token and more behind it', `${made.sessionToken}=`],
    ['a megabyte', 'A'.repeat(1_048_576)],
  ])('%s is none', (_name, token) => {
    expect(() => open(token)).toThrow(invalid);
  });
});
