import { describe, expect, test } from '@jest/globals';
import { compilePolicy, contextKeysOf, type PolicyKind } from '@trent/policy-language';
import { ACCOUNT, allow, aUser, deny, KEY, OTHER } from './builders.fixture.ts';
import { simulate, type SimulatedDocument, type SimulationRequest } from './simulate.ts';

const BUCKET = 'arn:aws:s3:::reports/q1';

function aDocument(kind: PolicyKind, ...statements: object[]): SimulatedDocument {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return { policy: compilePolicy(text, kind), keys: contextKeysOf(text) };
}

interface Change extends Partial<Omit<SimulationRequest, 'request'>> {
  readonly action?: string;
  readonly arn?: string;
  readonly owner?: string;
  readonly supplied?: Record<string, string[]>;
}

function ask({ action = 'kms:Decrypt', arn = KEY, owner = ACCOUNT, supplied = {}, ...rest }: Change = {}) {
  const request = {
    principal: aUser(),
    action,
    resource: arn === '*' ? ('*' as const) : { arn, account: owner },
    context: new Map(),
    supplied: new Map(Object.entries(supplied)),
    now: 0,
  };
  return simulate({ request, identity: [aDocument('identity', allow({ Action: '*' }))], isKey: action.startsWith('kms:'), ...rest });
}

const toBob = { Principal: { AWS: aUser().arn }, Action: '*' };

describe('a simulation decides', () => {
  test.each<[string, Change, string]>([
    ['what an identity policy allows', {}, 'allowed'],
    ['what none allows', { identity: [] }, 'implicitDeny'],
    ['what one denies among others', { identity: [aDocument('identity', allow({ Action: '*' }), deny({ Action: '*' }))] }, 'explicitDeny'],
    ['beyond the boundary', { boundary: aDocument('identity', allow({ Action: 's3:*' })) }, 'implicitDeny'],
    ['against a boundary that denies', { boundary: aDocument('identity', deny({ Action: '*' })) }, 'explicitDeny'],
    ['a key whose policy knows nobody', { resource: aDocument('key', { ...allow(), Principal: { AWS: OTHER } }) }, 'implicitDeny'],
    ['a key whose policy allows', { identity: [], resource: aDocument('key', { ...allow(), ...toBob }) }, 'allowed'],
    ['another account without its policy', { owner: OTHER }, 'implicitDeny'],
    ['another account with both policies', { owner: OTHER, resource: aDocument('key', { ...allow(), ...toBob }) }, 'allowed'],
  ])('%s', (_name, change, decision) => {
    expect(ask(change).decision).toBe(decision);
  });

  test.each<[string, Change, string]>([
    ['either policy is enough: identity', { resource: aDocument('key', { ...allow(), Principal: { AWS: OTHER } }) }, 'allowed'],
    ['either policy is enough: resource', { identity: [], resource: aDocument('key', { ...allow(), ...toBob }) }, 'allowed'],
    ['a denial of either is the end', { resource: aDocument('key', { ...deny(), ...toBob }) }, 'explicitDeny'],
    ['neither is not enough', { identity: [], resource: aDocument('key', { ...allow(), Principal: { AWS: OTHER } }) }, 'implicitDeny'],
    [
      'from another account identity alone is not',
      { owner: OTHER, resource: aDocument('key', { ...allow(), Principal: { AWS: OTHER } }) },
      'implicitDeny',
    ],
  ])('elsewhere than on keys: %s', (_name, change, decision) => {
    expect(ask({ action: 's3:GetObject', arn: BUCKET, ...change }).decision).toBe(decision);
  });
});

describe('the statements of a simulation', () => {
  const allowing = aDocument(
    'identity',
    allow({ Sid: 'One', Action: '*' }),
    allow({ Sid: 'Two' }),
    allow({ Sid: 'Other', Action: 's3:*' }),
  );
  const sids = (change: Change) => ask(change).matched.map(({ statement }) => statement.sid);

  test('are all that allow', () => {
    expect(sids({ identity: [allowing] })).toEqual(['One', 'Two']);
  });

  test('are those that deny alone where one does', () => {
    expect(sids({ identity: [allowing, aDocument('identity', deny({ Sid: 'No' }))] })).toEqual(['No']);
  });

  test('are none where one was missing, nor are those of the boundary shown', () => {
    expect(sids({ identity: [allowing], boundary: aDocument('identity', allow({ Action: 's3:*' })) })).toEqual([]);
    expect(sids({ identity: [allowing], boundary: aDocument('identity', deny({ Action: '*' })) })).toEqual([]);
  });
});

describe('the condition keys of a simulation', () => {
  const asks = (more: object) => aDocument('identity', allow({ Action: '*', ...more }));
  const source = { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, StringEquals: { 'aws:username': 'bob' } } };

  test('that nothing tells are named as written', () => {
    expect(ask({ identity: [asks(source)] })).toMatchObject({ decision: 'implicitDeny', missing: ['aws:SourceIp'] });
  });

  test('that the request tells count, also over what is derived', () => {
    const supplied = { 'aws:sourceip': ['10.1.1.1'], 'aws:username': ['alice'] };
    expect(ask({ identity: [asks(source)], supplied: { 'aws:sourceip': ['10.1.1.1'] } })).toMatchObject({
      decision: 'allowed',
      missing: [],
    });
    expect(ask({ identity: [asks(source)], supplied })).toMatchObject({ decision: 'implicitDeny', missing: [] });
  });

  test('of statements about something else are not asked for', () => {
    expect(ask({ identity: [asks({ ...source, Action: 's3:*' })] }).missing).toEqual([]);
    expect(ask({ identity: [asks({ ...source, Resource: 'arn:aws:kms:*:*:alias/x' })] }).missing).toEqual([]);
  });

  test('in a resource are asked for although nobody knows yet whether it is meant', () => {
    const resource = { Resource: 'arn:aws:kms:us-east-1:${aws:PrincipalTag/Home}:key/*' };
    expect(ask({ identity: [asks(resource)] }).missing).toEqual(['aws:PrincipalTag/Home']);
  });

  test('are asked for by Deny statements too', () => {
    const denying = aDocument(
      'identity',
      allow({ Action: '*' }),
      deny({ Action: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
    expect(ask({ identity: [denying] })).toMatchObject({ decision: 'allowed', missing: ['aws:SecureTransport'] });
  });
});

describe('what each kind of policy says', () => {
  test('is told, and whether two accounts are concerned', () => {
    const resource = aDocument('key', { ...deny(), ...toBob });
    expect(ask({ owner: OTHER, resource, boundary: aDocument('identity', allow({ Action: 's3:*' })) })).toMatchObject({
      isCrossAccount: true,
      allowedByBoundary: false,
      parts: { identity: 'allowed', resource: 'explicitDeny', boundary: 'implicitDeny' },
    });
    expect(ask()).toMatchObject({ isCrossAccount: false, allowedByBoundary: undefined });
    expect(ask({ arn: '*' }).isCrossAccount).toBe(false);
  });
});
