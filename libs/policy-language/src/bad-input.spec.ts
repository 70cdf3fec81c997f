import { describe, expect, test } from '@jest/globals';

import { compilePolicy } from './compile-policy.ts';
import { matchPrincipal } from './principal.ts';

const statement = (change: object = {}) => ({ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*', ...change });
const text = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const MALFORMED = expect.objectContaining({ code: 'MalformedPolicyDocumentException' });
const ROOT = 'arn:aws:iam::111122223333:root';

describe('names that look like others are not the others', () => {
  test.each([
    ['a Cyrillic letter', 'arn:aws:iam::111122223333:rооt'],
    ['full-width digits', 'arn:aws:iam::１１１１22223333:root'],
    ['a zero-width space', 'arn:aws:iam::111122223333:\u200broot'],
    ['text that turns', 'arn:aws:iam::111122223333:\u202etoor'],
    ['a full-width colon', 'arn：aws:iam::111122223333:root'],
  ])('%s is refused', (_, AWS) => {
    expect(() => compilePolicy(text(statement({ Principal: { AWS } })), 'key')).toThrow(MALFORMED);
  });

  test.each([
    ['a no-break space', `${ROOT}\u00a0`],
    ['a soft hyphen', 'arn:aws:iam::111122223333:ro\u00adot'],
    ['capitals', 'ARN:aws:iam::111122223333:root'],
    ['a space', ` ${ROOT}`],
    ['an accent', 'arn:aws:iam::111122223333:roöt'],
    ['another partition', 'arn:aws-x:iam::111122223333:root'],
    ['an account of eleven digits', 'arn:aws:iam::11112222333:root'],
  ])('%s is no principal', (_, AWS) => {
    expect(() => compilePolicy(text(statement({ Principal: { AWS } })), 'key')).toThrow(MALFORMED);
  });

  test('a user is not the user whose name differs in case or by a Latin-1 letter', () => {
    const named = (name: string) => `arn:aws:iam::111122223333:user/${name}`;
    const [principals] = compilePolicy(text(statement({ Principal: { AWS: named('bob') } })), 'key').statements.map(
      (one) => one.principals,
    );
    for (const name of ['Bob', 'böb', 'bob ', 'bob\u00a0', 'bob/', 'x/bob']) {
      const who = { arn: named(name), account: '444455556666', type: 'user' as const };
      expect(principals && matchPrincipal(principals, who, 'Allow')).toBeUndefined();
    }
  });
});

describe('huge lists', () => {
  test('of a key policy end at 32 KiB', () => {
    const long = text(statement({ Action: Array.from({ length: 4000 }, (_, i) => `kms:Action${i}`) }));
    expect(() => compilePolicy(long, 'key')).toThrow(expect.objectContaining({ code: 'LimitExceededException' }));
  });

  test.each([
    ['statements', text(...Array.from({ length: 400 }, () => statement({ Principal: { AWS: '*' } })))],
    ['principals', text(statement({ Principal: { AWS: Array.from({ length: 2000 }, (_, i) => String(100_000_000_000 + i)) } }))],
    ['actions that are patterns', text(statement({ Action: Array.from({ length: 2000 }, (_, i) => `kms:*a*${i}`) }))],
    [
      'condition values',
      text(statement({ Condition: { StringLike: { 'kms:ViaService': Array.from({ length: 2000 }, (_, i) => `*a*a*${i}`) } } })),
    ],
  ])('of %s below it are compiled and asked', (_, document) => {
    const policy = compilePolicy(document, 'key');
    const who = { arn: ROOT, account: '111122223333', type: 'root' as const };
    const { allowances } = policy.candidates('kms:Decrypt', who);
    const context = { valuesOf: () => ['a'.repeat(4000)] };
    for (const { conditions } of allowances) for (const { holds } of conditions) expect(typeof holds(context)).toBe('boolean');
  });
});

describe('a name that stands twice is refused wherever it stands', () => {
  test.each([
    ['Effect', '{"Statement":{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}'],
    ['Statement', `{"Statement":[],"Statement":[${JSON.stringify(statement())}]}`],
    [
      'an operator',
      '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"},"Bool":{}}}}',
    ],
    [
      'a name of Object.prototype',
      '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","__proto__":{},"__proto__":{}}}',
    ],
  ])('%s', (_, document) => {
    expect(() => compilePolicy(document, 'key')).toThrow(MALFORMED);
  });

  test('__proto__ is an unknown element once, too', () => {
    expect(() => compilePolicy('{"__proto__":{"Statement":[]}}', 'key')).toThrow(MALFORMED);
  });
});
