import { parseAccountId } from '@trent/identifiers';
import { describe, expect, test } from '@jest/globals';

import { matchesAction } from './action-set.ts';
import { compilePolicy } from './compile-policy.ts';
import { defaultKeyPolicy } from './default-key-policy.ts';
import type { PolicyKind } from './policy.ts';
import { matchPrincipal, type PrincipalNames } from './principal.ts';

const NO_CONTEXT = { valuesOf: () => undefined };
const ACCOUNT = '111122223333';
const bob: PrincipalNames = { arn: `arn:aws:iam::${ACCOUNT}:user/bob`, account: ACCOUNT, type: 'user', uniqueId: 'AIDACKCEVSQ6C2EXAMPLE' };
const session: PrincipalNames = {
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/App/s1`,
  account: ACCOUNT,
  type: 'role-session',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/apps/App`,
  uniqueId: 'AROACKCEVSQ6C2EXAMPLE:s1',
};
const root: PrincipalNames = { arn: `arn:aws:iam::${ACCOUNT}:root`, account: ACCOUNT, type: 'root' };
const stranger: PrincipalNames = { arn: 'arn:aws:iam::444455556666:user/bob', account: '444455556666', type: 'user' };
const service: PrincipalNames = { arn: 's3.amazonaws.com', account: '', type: 'service' };
const anonymous: PrincipalNames = { arn: '', account: '', type: 'anonymous' };
const ALLOW = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };

function statement(elements: object, kind: PolicyKind = 'identity', version = '2012-10-17') {
  return compilePolicy(JSON.stringify({ Version: version, Statement: elements }), kind).statements[0]!;
}

describe('the default key policy', () => {
  const policy = compilePolicy(defaultKeyPolicy(parseAccountId(ACCOUNT)!), 'key');
  test('lets the account decide about every operation', () => {
    const [only] = policy.statements;
    expect(policy.statements).toHaveLength(1);
    expect(only).toMatchObject({ effect: 'Allow', sid: 'Enable IAM User Permissions' });
    expect(matchesAction(only!.actions, 'kms:decrypt')).toBe(true);
    expect(matchPrincipal(only!.principals!, bob, 'Allow')).toBe('account');
    expect(matchPrincipal(only!.principals!, stranger, 'Allow')).toBeUndefined();
  });
  test('has its Id', () => {
    expect(policy).toMatchObject({ id: 'key-default-1', version: '2012-10-17', kind: 'key' });
  });
});

describe('actions', () => {
  test.each([
    ['kms:Encrypt', 'kms:encrypt', true],
    ['KMS:ENCRYPT', 'kms:encrypt', true],
    ['kms:Encrypt', 'kms:encryptx', false],
    ['kms:Re*', 'kms:reencryptfrom', true],
    ['kms:?ncrypt', 'kms:encrypt', true],
    ['*:Encrypt', 'kms:encrypt', true],
    ['*', 'sts:assumerole', true],
    ['s3:*', 'kms:encrypt', false],
  ])('%s means %s: %s', (action, asked, expected) => {
    expect(matchesAction(statement({ ...ALLOW, Action: ['x:y', action] }).actions, asked)).toBe(expected);
    const { Action: _, ...rest } = ALLOW;
    expect(matchesAction(statement({ ...rest, NotAction: ['x:y', action] }).actions, asked)).toBe(!expected);
  });
});

describe('resources', () => {
  const key = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234`;
  test.each([
    ['*', key, true],
    ['*', '*', true],
    [key, key, true],
    [key, `${key}5`, false],
    [`arn:aws:kms:*:${ACCOUNT}:key/*`, key, true],
    ['arn:aws:kms:*', key, true],
    ['arn:aws:kms', key, true],
    ['arn:aws:s3', key, false],
    ['arn:aws:kms:us-*-1:*:key/1234', key, true],
    ['arn:aws:kms:us*1:key/1234', key, false],
    ['arn:aws:kms:us-east-?:*:key/????', key, true],
    ['arn:aws:kms:us-east-1:*:key/*', '*', false],
    ['arn:AWS:kms:*', key, false],
    ['arn:aws:kms:*:*:key/${kms:wanted}', key, false],
  ])('%s means %s: %s', (resource, asked, expected) => {
    expect(statement({ ...ALLOW, Resource: ['arn:aws:x:r:1:y', resource] }).resources.matches(asked, NO_CONTEXT)).toBe(expected);
  });
  test('NotResource means the others', () => {
    const { Resource: _, ...rest } = ALLOW;
    const { resources } = statement({ ...rest, NotResource: `${key}*` });
    expect(resources.matches(key, NO_CONTEXT)).toBe(false);
    expect(resources.matches('arn:aws:kms:us-east-1:1:key/9', NO_CONTEXT)).toBe(true);
  });
  test('variables are filled in', () => {
    const context = { valuesOf: (name: string) => (name === 'aws:username' ? ['b*b'] : undefined) };
    const { resources } = statement({ ...ALLOW, Resource: 'arn:aws:kms:*:*:alias/${aws:username}-*' });
    expect(resources.matches(`arn:aws:kms:us-east-1:${ACCOUNT}:alias/b*b-1`, context)).toBe(true);
    expect(resources.matches(`arn:aws:kms:us-east-1:${ACCOUNT}:alias/bob-1`, context)).toBe(false);
  });
  test('a variable without a value makes NotResource say nothing', () => {
    const { Resource: _, ...rest } = ALLOW;
    expect(statement({ ...rest, NotResource: 'arn:aws:kms:*:*:key/${aws:x}' }).resources.matches(key, NO_CONTEXT)).toBe(false);
  });
});

describe('principals', () => {
  const match = (principal: unknown, who: PrincipalNames) =>
    matchPrincipal(statement({ ...ALLOW, Principal: principal }, 'key').principals!, who, 'Allow');

  test.each([
    ['everyone', '*', stranger, 'everyone'],
    ['everyone, anonymous too', { AWS: '*' }, anonymous, 'everyone'],
    ['an account by its id', { AWS: ACCOUNT }, session, 'account'],
    ['an account by its root', { AWS: root.arn }, bob, 'account'],
    ['the root user is its account', { AWS: root.arn }, root, 'account'],
    ['a user', { AWS: [stranger.arn, bob.arn] }, bob, 'exact'],
    ['another user', { AWS: bob.arn }, stranger, undefined],
    ['a role, for its sessions', { AWS: session.roleArn }, session, 'role'],
    ['a session', { AWS: session.arn }, session, 'exact'],
    ['the closest name counts', { AWS: [ACCOUNT, session.roleArn, session.arn] }, session, 'exact'],
    ['a deleted user by its id', { AWS: 'AIDACKCEVSQ6C2EXAMPLE' }, bob, 'exact'],
    ['a deleted role by its id', { AWS: 'AROACKCEVSQ6C2EXAMPLE' }, session, 'role'],
    ['a service', { Service: 's3.amazonaws.com' }, service, 'exact'],
    ['another service', { Service: 'ec2.amazonaws.com' }, service, undefined],
    ['a service is no AWS principal', { AWS: ACCOUNT }, { ...service, account: ACCOUNT }, undefined],
  ])('%s', (_, principal, who, expected) => {
    expect(match(principal, who)).toBe(expected);
  });

  test('a web identity matches its provider', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example/id/1`;
    const { principals } = statement({ Effect: 'Allow', Principal: { Federated: arn }, Action: 'sts:AssumeRoleWithWebIdentity' }, 'trust');
    expect(matchPrincipal(principals!, { arn, account: ACCOUNT, type: 'web-identity' }, 'Allow')).toBe('exact');
  });

  describe('NotPrincipal', () => {
    const except = (names: string[], who: PrincipalNames, effect: 'Allow' | 'Deny') =>
      matchPrincipal(
        statement({ ...ALLOW, Effect: effect, Principal: undefined, NotPrincipal: { AWS: names } }, 'key').principals!,
        who,
        effect,
      );
    test('with Deny spares whom it names with every name', () => {
      expect(except([bob.arn], bob, 'Deny')).toBe('everyone');
      expect(except([bob.arn, root.arn], bob, 'Deny')).toBeUndefined();
      expect(except([root.arn], bob, 'Deny')).toBe('everyone');
      expect(except([root.arn], root, 'Deny')).toBeUndefined();
      expect(except([session.arn, session.roleArn!, ACCOUNT], session, 'Deny')).toBeUndefined();
      expect(except([root.arn], anonymous, 'Deny')).toBe('everyone');
    });
    test('with Allow leaves out whom it names at all', () => {
      expect(except([root.arn], bob, 'Allow')).toBeUndefined();
      expect(except([bob.arn], stranger, 'Allow')).toBe('everyone');
    });
  });

  test.each([
    ['a wildcard inside an ARN', { AWS: `arn:aws:iam::${ACCOUNT}:user/*` }],
    ['a group', { AWS: `arn:aws:iam::${ACCOUNT}:group/admins` }],
    ['an account of 11 digits', { AWS: '11112222333' }],
    ['another partition', { AWS: `arn:aws-xx:iam::${ACCOUNT}:root` }],
    ['look-alike letters', { AWS: `arn:aws:iam::${ACCOUNT}:us\\u0435r/bob` }],
    ['full-width digits', { AWS: '１１１１２２２２３３３３' }],
    ['an unknown type', { Person: 'bob' }],
    ['no name', {}],
    ['another star', { Service: '*' }],
    ['a plain name', 'bob'],
    ['a number', { AWS: 111122223333 }],
  ])('%s is no principal', (_, principal) => {
    const text = JSON.stringify({ Statement: { ...ALLOW, Principal: principal } }).replace(
      /[^\u0000-\u007f]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16)}`,
    );
    expect(() => compilePolicy(text, 'key')).toThrow('Policy contains a statement with one or more invalid principals.');
  });
});

describe('refused', () => {
  const doc = (elements: object, more: object = {}) => JSON.stringify({ Version: '2012-10-17', Statement: elements, ...more });
  const syntax = (detail: string) => `Syntax errors in policy. ${detail}`;
  const cases: [string, string, PolicyKind, string][] = [
    ['no JSON', '{', 'identity', 'This policy contains invalid Json: no string as expected at line 1, column 2'],
    ['an array', '[]', 'identity', syntax('The document must be an object')],
    ['no Statement', '{}', 'identity', syntax('The document has no Statement')],
    ['an empty Statement', doc([]), 'key', syntax('Statement is empty')],
    ['an unknown element', doc(ALLOW, { Comment: 'x' }), 'identity', syntax('The document has an unknown element "Comment"')],
    ['an unknown element below', doc({ ...ALLOW, Foo: 1 }), 'identity', syntax('Statement 1 has an unknown element "Foo"')],
    [
      'another version',
      JSON.stringify({ Version: '2020-01-01', Statement: ALLOW }),
      'identity',
      syntax('Version must be 2012-10-17 or 2008-10-17, not "2020-01-01"'),
    ],
    [
      'an effect in lower case',
      doc({ ...ALLOW, Effect: 'allow' }),
      'identity',
      syntax('Statement 1 must have the Effect "Allow" or "Deny"'),
    ],
    ['both Action and NotAction', doc({ ...ALLOW, NotAction: 'a:b' }), 'identity', syntax('Action and NotAction exclude each other')],
    ['no action', doc({ Effect: 'Allow', Resource: '*' }), 'identity', 'Policy statement must contain actions.'],
    ['no resource', doc({ Effect: 'Allow', Action: '*' }), 'identity', 'Policy statement must contain resources.'],
    ['an action without vendor', doc({ ...ALLOW, Action: 'Encrypt' }), 'key', 'x'],
    ['a principal', doc({ ...ALLOW, Principal: '*' }), 'identity', 'Policy document should not specify a principal.'],
    ['a key policy without principal', doc(ALLOW), 'key', syntax('Statement 1 has no Principal')],
    ['a resource that is no ARN', doc({ ...ALLOW, Resource: 'key/1' }), 'identity', 'Resource key/1 must be in ARN format or "*".'],
    [
      'a Sid with blanks',
      doc({ ...ALLOW, Sid: 'a b' }),
      'identity',
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    ],
    [
      'one Sid twice',
      doc([
        { ...ALLOW, Sid: 'a' },
        { ...ALLOW, Sid: 'a' },
      ]),
      'identity',
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    [
      'a trust policy with a resource',
      doc({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' }),
      'trust',
      'Has prohibited field Resource.',
    ],
    [
      'a trust policy for others than STS',
      doc({ Effect: 'Allow', Principal: '*', Action: 'kms:*' }),
      'trust',
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    ['two colons in an action', doc({ ...ALLOW, Action: 'a:b:c' }), 'identity', 'Actions/Condition can contain only one colon.'],
    ['an odd vendor', doc({ ...ALLOW, Action: 'k*s:b' }), 'identity', 'Vendor k*s is not valid'],
    ['a character beyond U+00FF', doc({ ...ALLOW, Sid: 'Ω' }), 'identity', 'x'],
  ];
  test.each(cases)('%s', (_, text, kind, message) => {
    const expected: unknown = message === 'x' ? expect.any(String) : message;
    expect(() => compilePolicy(text, kind)).toThrow(
      expect.objectContaining({ code: 'MalformedPolicyDocumentException', message: expected }),
    );
  });

  test('a key policy of more than 32 KiB', () => {
    const text = doc({ ...ALLOW, Principal: '*', Sid: 'x'.repeat(32_768) });
    expect(() => compilePolicy(text, 'key')).toThrow(expect.objectContaining({ code: 'LimitExceededException' }));
  });
});

describe('a key policy is lenient where AWS is', () => {
  test('a statement without Action or Resource is accepted and says nothing', () => {
    const actionless = statement({ Effect: 'Allow', Principal: '*', Resource: '*' }, 'key');
    expect(matchesAction(actionless.actions, 'kms:encrypt')).toBe(false);
    const resourceless = statement({ Effect: 'Allow', Principal: '*', Action: 'kms:*' }, 'key');
    expect(resourceless.resources.matches('arn:aws:kms:r:1:key/1', NO_CONTEXT)).toBe(false);
  });
  test('Sids may hold blanks and repeat', () => {
    const one = { ...ALLOW, Principal: '*', Sid: 'Allow use of the key' };
    expect(compilePolicy(JSON.stringify({ Statement: [one, one] }), 'key').statements).toHaveLength(2);
  });
});

describe('many statements', () => {
  const statements = Array.from({ length: 40 }, (_, i) => ({
    Sid: `s${i}`,
    Effect: i % 10 === 9 ? 'Deny' : 'Allow',
    Principal: i === 5 ? '*' : { AWS: i === 7 ? [session.roleArn, session.arn] : `arn:aws:iam::${ACCOUNT}:user/u${i}` },
    Action: i % 2 === 0 ? 'kms:Encrypt' : 'kms:Decrypt',
    Resource: '*',
  }));
  const policy = compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'key');
  const sids = (action: string, who: PrincipalNames) => {
    const { denials, allowances } = policy.candidates(action, who);
    return [new Set(denials.map(({ sid }) => sid)), new Set(allowances.map(({ sid }) => sid))];
  };
  test('only those of the action and the principal are candidates', () => {
    expect(sids('kms:Decrypt', { ...bob, arn: `arn:aws:iam::${ACCOUNT}:user/u9` })).toEqual([new Set(['s9']), new Set(['s5'])]);
    expect(sids('kms:Decrypt', session)).toEqual([new Set(), new Set(['s5', 's7'])]);
    expect(sids('kms:Encrypt', bob)).toEqual([new Set(), new Set()]);
  });
  test('know where they stand', () => {
    const text = '{"Statement":[\n{"Effect":"Deny","Action":"a:b","Resource":"*"},\n  {"Effect":"Deny","Action":"a:b","Resource":"*"}]}';
    expect(compilePolicy(text, 'identity').statements[1]?.span).toEqual({ startLine: 3, startColumn: 3, endLine: 3, endColumn: 50 });
  });
});

describe('a document made to be slow ends at once', () => {
  const long = (value: string) => value.repeat(Math.floor(30_000 / value.length));
  const text = (elements: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: { Sid: 'x', ...ALLOW, Principal: '*', ...elements } });
  test.each([
    ['open variables', text({ Resource: `arn:aws:kms:${long('${')}` }), true],
    ['a variable of blanks', text({ Resource: `arn:aws:kms:\${${long(' ')}}` }), true],
    ['an endless number', text({ Condition: { NumericEquals: { 'a:b': `${long('1')}x` } } }), false],
    ['an endless service name', text({ Principal: { Service: `${long('a.')}_` } }), false],
    ['an endless string', text({ Sid: long('a') }), true],
    ['endless names', text({ Condition: { StringLike: { 'a:b': [long('*a')] } } }), true],
  ])('%s', (_, document, isValid) => {
    const compile = () => compilePolicy(document, 'key');
    if (isValid) expect(compile().statements).toHaveLength(1);
    else expect(compile).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocumentException' }));
  });
});
