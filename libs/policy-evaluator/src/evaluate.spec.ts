import { describe, expect, test } from '@jest/globals';

import {
  ACCOUNT,
  KEY,
  OTHER,
  aRoot,
  aService,
  aSession,
  aUser,
  allow,
  allowing,
  ask,
  delegating,
  deny,
  policy,
  silent,
  why,
  type Question,
} from './builders.fixture.ts';

const bob = aUser();
const session = aSession();
const root = aRoot();
const foreignBob = aUser('bob', OTHER);
const naming = (arn: string | undefined, change: object = {}) => policy('key', allow({ Principal: { AWS: arn }, ...change }));
const refusing = policy('identity', allow(), deny({ Action: 'kms:Decrypt' }));
const anAlias = { arn: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/a`, account: ACCOUNT };

describe('in the account of the key', () => {
  const cases: [string, Question, string][] = [
    [
      'the default policy and an identity policy allow',
      { principal: bob, keyPolicy: delegating, identity: [allowing] },
      'allow identity-policy',
    ],
    [
      'one of several identity policies is enough',
      { principal: bob, keyPolicy: delegating, identity: [silent, allowing] },
      'allow identity-policy',
    ],
    ['the default policy alone does not', { principal: bob, keyPolicy: delegating, identity: [silent] }, 'implicit-deny identity'],
    [
      'nor does an identity policy without the root statement',
      { principal: bob, keyPolicy: naming(aUser('eve').arn), identity: [allowing] },
      'implicit-deny resource',
    ],
    ['a key policy that names the user is enough', { principal: bob, keyPolicy: naming(bob.arn) }, 'allow key-policy'],
    ['a key policy that names the role is enough', { principal: session, keyPolicy: naming(session.roleArn) }, 'allow key-policy'],
    ['a key policy that names the session is enough', { principal: session, keyPolicy: naming(session.arn) }, 'allow key-policy'],
    [
      'another session of that role is not meant',
      { principal: aSession('App', 's2'), keyPolicy: naming(session.arn) },
      'implicit-deny resource',
    ],
    ['a key policy for everyone is enough', { principal: bob, keyPolicy: naming('*') }, 'allow key-policy'],
    ['the action must fit', { principal: bob, keyPolicy: naming(bob.arn, { Action: 'kms:Encrypt' }) }, 'implicit-deny resource'],
    ['the resource must fit', { principal: bob, keyPolicy: naming(bob.arn, { Resource: `${KEY}x` }) }, 'implicit-deny resource'],
    [
      'a service that the key policy names is allowed',
      { principal: aService, keyPolicy: policy('key', allow({ Principal: { Service: aService.arn } })) },
      'allow key-policy',
    ],
  ];
  test.each(cases)('%s', (_, question, expected) => {
    expect(why(question)).toBe(expected);
  });
});

describe('the root user', () => {
  const cases: [string, Question, string][] = [
    ['has what the default policy gives its account', { principal: root, keyPolicy: delegating }, 'allow account-root'],
    [
      'has nothing where the key policy is silent about the account',
      { principal: root, keyPolicy: naming(bob.arn) },
      'implicit-deny resource',
    ],
    [
      'obeys an explicit deny',
      { principal: root, keyPolicy: policy('key', allow({ Principal: { AWS: ACCOUNT } }), deny({ Principal: '*' })) },
      'explicit-deny resource',
    ],
    ['may do what names no resource', { principal: root, action: 'kms:CreateKey', resource: '*' }, 'allow account-root'],
    ['may do what an alias asks', { principal: root, action: 'kms:CreateAlias', resource: anAlias }, 'allow account-root'],
    ['of another account needs the key policy', { principal: aRoot(OTHER), keyPolicy: delegating }, 'implicit-deny resource'],
    ['of another account is allowed by the key policy', { principal: aRoot(OTHER), keyPolicy: naming(OTHER) }, 'allow account-root'],
    [
      'of another account has no right to an alias',
      { principal: aRoot(OTHER), action: 'kms:CreateAlias', resource: anAlias },
      'implicit-deny resource',
    ],
  ];
  test.each(cases)('%s', (_, question, expected) => {
    expect(why(question)).toBe(expected);
  });
});

describe('an explicit deny', () => {
  const cases: [string, Question, string][] = [
    [
      'in the key policy',
      { principal: bob, keyPolicy: policy('key', allow({ Principal: { AWS: bob.arn } }), deny({ Principal: { AWS: ACCOUNT } })) },
      'explicit-deny resource',
    ],
    ['in an identity policy', { principal: bob, keyPolicy: naming(bob.arn), identity: [allowing, refusing] }, 'explicit-deny identity'],
    ['in the boundary', { principal: bob, keyPolicy: naming(bob.arn), boundary: refusing }, 'explicit-deny boundary'],
    [
      'in a session policy',
      { principal: session, keyPolicy: naming(session.arn), session: [policy('session', deny())] },
      'explicit-deny session',
    ],
    [
      'beats a grant',
      {
        principal: bob,
        keyPolicy: delegating,
        identity: [refusing],
        grants: [{ grantId: 'g', grantee: { principal: bob.arn }, operations: ['Decrypt'] }],
      },
      'explicit-deny identity',
    ],
    [
      'of another action says nothing',
      { principal: bob, action: 'kms:Encrypt', keyPolicy: naming(bob.arn), identity: [refusing] },
      'allow key-policy',
    ],
  ];
  test.each(cases)('%s', (_, question, expected) => {
    expect(why(question)).toBe(expected);
  });
});

describe('from another account', () => {
  const cases: [string, Question, string][] = [
    ['both sides allow', { principal: foreignBob, keyPolicy: naming(OTHER), identity: [allowing] }, 'allow identity-policy'],
    [
      'both sides allow, the key policy by name',
      { principal: foreignBob, keyPolicy: naming(foreignBob.arn), identity: [allowing] },
      'allow key-policy',
    ],
    ['the key policy alone is not enough', { principal: foreignBob, keyPolicy: naming(foreignBob.arn) }, 'implicit-deny identity'],
    ['everyone in the key policy is not enough', { principal: foreignBob, keyPolicy: naming('*') }, 'implicit-deny identity'],
    [
      'an identity policy alone is not enough',
      { principal: foreignBob, keyPolicy: delegating, identity: [allowing] },
      'implicit-deny resource',
    ],
    [
      'a session policy limits even a named session',
      {
        principal: aSession('App', 's1', OTHER),
        keyPolicy: naming(aSession('App', 's1', OTHER).arn),
        identity: [allowing],
        session: [silent],
      },
      'implicit-deny session',
    ],
  ];
  test.each(cases)('%s', (_, question, expected) => {
    expect(why(question)).toBe(expected);
  });
});

describe('a boundary or session policy that does not allow', () => {
  const limited = { identity: [allowing], boundary: silent };
  const cases: [string, Question, string][] = [
    ['limits an identity policy', { principal: bob, keyPolicy: delegating, ...limited }, 'implicit-deny boundary'],
    ['does not limit a user whom the key policy names', { principal: bob, keyPolicy: naming(bob.arn), ...limited }, 'allow key-policy'],
    [
      'limits a role that the key policy names',
      { principal: session, keyPolicy: naming(session.roleArn), ...limited },
      'implicit-deny boundary',
    ],
    [
      'does not limit a session that the key policy names',
      { principal: session, keyPolicy: naming(session.arn), ...limited, session: [silent] },
      'allow key-policy',
    ],
    ['limits whom the key policy means as everyone', { principal: bob, keyPolicy: naming('*'), ...limited }, 'implicit-deny boundary'],
    ['limits what names no resource', { principal: bob, action: 'kms:CreateKey', resource: '*', ...limited }, 'implicit-deny boundary'],
    ['limits by session', { principal: session, keyPolicy: naming(session.roleArn), session: [silent] }, 'implicit-deny session'],
    [
      'lets pass what one session policy allows',
      { principal: session, keyPolicy: delegating, identity: [allowing], session: [silent, policy('session', allow())] },
      'allow identity-policy',
    ],
    [
      'lets pass what it allows',
      { principal: bob, keyPolicy: delegating, identity: [allowing], boundary: allowing },
      'allow identity-policy',
    ],
  ];
  test.each(cases)('%s', (_, question, expected) => {
    expect(why(question)).toBe(expected);
  });
});

describe('what names no resource', () => {
  const create = { principal: bob, action: 'kms:CreateKey', resource: '*' } as const;
  test('is decided by identity policies', () => {
    expect(why({ ...create, identity: [allowing] })).toBe('allow identity-policy');
    expect(why({ ...create, identity: [silent] })).toBe('implicit-deny identity');
  });
  test('is not allowed by a statement about certain resources', () => {
    expect(why({ ...create, identity: [policy('identity', allow({ Resource: 'arn:aws:kms:*:*:key/*' }))] })).toBe('implicit-deny identity');
  });
});

describe('condition keys that follow from the request', () => {
  const holds = (principal: Question['principal'], key: string, value: string | boolean, operator = 'StringEquals') =>
    ask({
      principal,
      keyPolicy: policy('key', allow({ Principal: '*', Condition: { [operator]: { [key]: value } } })),
      identity: [allowing],
    }).allowed;
  test.each([
    ['aws:PrincipalArn', session, session.roleArn!],
    ['aws:PrincipalArn', bob, bob.arn],
    ['aws:PrincipalAccount', foreignBob, OTHER],
    ['kms:CallerAccount', foreignBob, OTHER],
    ['aws:PrincipalType', session, 'AssumedRole'],
    ['aws:PrincipalType', root, 'Account'],
    ['aws:userid', session, 'AROACKCEVSQ6C2EXAMPLE:s1'],
    ['aws:userid', root, ACCOUNT],
    ['aws:username', aUser('team/bob'), 'bob'],
    ['aws:ResourceAccount', foreignBob, ACCOUNT],
    ['aws:PrincipalTag/Team', { ...bob, tags: { team: 'red' } }, 'red'],
    ['aws:CurrentTime', bob, '2026-01-02T03:04:05.000Z'],
    ['aws:EpochTime', bob, String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000)],
    ['aws:PrincipalServiceName', aService, 's3.amazonaws.com'],
  ])('%s', (key, principal, value) => {
    expect(holds(principal, key, value)).toBe(true);
    expect(holds(principal, key, `${value}x`)).toBe(false);
  });
  test.each([
    ['aws:username', session],
    ['aws:PrincipalTag/team', bob],
    ['aws:userid', aService],
  ])('%s may be missing', (key, principal) => {
    expect(holds(principal, key, true, 'Null')).toBe(true);
  });
  test('can not be claimed by the request', () => {
    const keyPolicy = policy('key', allow({ Principal: '*', Condition: { StringEquals: { 'aws:username': 'admin' } } }));
    const context = { 'aws:username': ['admin'], 'aws:PrincipalTag/x': ['y'] };
    expect(ask({ principal: bob, keyPolicy, context }).allowed).toBe(false);
    expect(ask({ principal: session, keyPolicy, context }).allowed).toBe(false);
  });
  test('others come from the context', () => {
    const keyPolicy = policy(
      'key',
      allow({ Principal: '*', Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } }),
    );
    expect(ask({ principal: bob, keyPolicy, context: { 'kms:ViaService': ['s3.us-east-1.amazonaws.com'] } }).allowed).toBe(true);
    expect(ask({ principal: bob, keyPolicy }).allowed).toBe(false);
  });
});

describe('the text of a denial', () => {
  const head = `User: ${bob.arn} is not authorized to perform: kms:Decrypt on resource: ${KEY}`;
  const foreign =
    `User: ${foreignBob.arn} is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, ` +
    'no resource-based policies allow access, or a resource-based policy explicitly denies access';
  const cases: [string, Question, string][] = [
    [
      'no identity policy',
      { principal: bob, keyPolicy: delegating },
      `${head} because no identity-based policy allows the kms:Decrypt action`,
    ],
    [
      'no key policy',
      { principal: bob, keyPolicy: naming(root.arn, { Action: 'kms:Encrypt' }) },
      `${head} because no resource-based policy allows the kms:Decrypt action`,
    ],
    [
      'no boundary',
      { principal: bob, keyPolicy: delegating, identity: [allowing], boundary: silent },
      `${head} because no permissions boundary allows the kms:Decrypt action`,
    ],
    [
      'no session policy',
      { principal: bob, keyPolicy: delegating, identity: [allowing], session: [silent] },
      `${head} because no session policy allows the kms:Decrypt action`,
    ],
    [
      'a deny of identity',
      { principal: bob, keyPolicy: delegating, identity: [refusing] },
      `${head} with an explicit deny in an identity-based policy`,
    ],
    [
      'a deny of the key',
      { principal: bob, keyPolicy: policy('key', deny({ Principal: '*' })) },
      `${head} with an explicit deny in a resource-based policy`,
    ],
    [
      'a deny of the boundary',
      { principal: bob, keyPolicy: delegating, boundary: refusing },
      `${head} with an explicit deny in a permissions boundary`,
    ],
    [
      'a deny of the session',
      { principal: bob, keyPolicy: delegating, session: [policy('session', deny())] },
      `${head} with an explicit deny in a session policy`,
    ],
    ['another account, no key policy', { principal: foreignBob, keyPolicy: delegating, identity: [allowing] }, foreign],
    [
      'another account, a deny of the key',
      { principal: foreignBob, keyPolicy: policy('key', deny({ Principal: '*' })), identity: [allowing] },
      foreign,
    ],
    [
      'no resource',
      { principal: bob, action: 'kms:CreateKey', resource: '*' },
      `User: ${bob.arn} is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action`,
    ],
    ['nothing, when it is allowed', { principal: bob, keyPolicy: naming(bob.arn) }, ''],
  ];
  test.each(cases)('%s', (_, question, text) => {
    expect(ask(question).accessDeniedMessage()).toBe(text);
  });
  test('does not name a key that came from a ciphertext', () => {
    expect(ask({ principal: bob, keyPolicy: delegating }).accessDeniedMessage({ fromCiphertext: true })).toBe(
      `User: ${bob.arn} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action`,
    );
  });
});

describe('the statements that decided', () => {
  const sids = (question: Question) => ask(question).matched.map(({ document, statement }) => `${document} ${statement.sid ?? ''}`);
  const identity = [policy('identity', allow({ Sid: 'mine' }), allow({ Sid: 'other', Action: 's3:*' }))];
  test('are those that allow', () => {
    expect(sids({ principal: bob, keyPolicy: delegating, identity })).toEqual(['resource Enable IAM User Permissions', 'identity mine']);
  });
  test('are those that deny', () => {
    expect(sids({ principal: bob, keyPolicy: delegating, identity: [...identity, policy('identity', deny({ Sid: 'no' }))] })).toEqual([
      'identity no',
    ]);
  });
  test('are those that would have allowed, had not another been missing', () => {
    expect(sids({ principal: bob, keyPolicy: delegating })).toEqual(['resource Enable IAM User Permissions']);
  });
});
