import { describe, expect, test } from '@jest/globals';

import {
  ACCOUNT,
  KEY,
  OTHER,
  aRoot,
  aService,
  aSession,
  aUser,
  allowing,
  ask,
  delegating,
  policy,
  allow,
  silent,
  why,
  type Question,
} from './builders.fixture.ts';
import { evaluate } from './evaluate.ts';
import { GrantIndex } from './grant-index.ts';
import { compileGrant, type Grant, type GrantConstraints } from './grants.ts';

const bob = aUser();
const session = aSession();

function aGrant(change: Partial<Grant> = {}): Grant {
  return { grantId: 'g1', grantee: { principal: bob.arn }, operations: ['Decrypt', 'DescribeKey'], ...change };
}

function granted(question: Partial<Question>): string {
  return why({ principal: bob, keyPolicy: delegating, grants: [aGrant()], ...question });
}

describe('a grant', () => {
  const toOther = aUser('bob', OTHER);
  const cases: [string, Partial<Question>, string][] = [
    ['allows its operations to its grantee', {}, 'allow grant'],
    ['allows no other operation', { action: 'kms:Encrypt' }, 'implicit-deny identity'],
    ['allows nobody else', { principal: aUser('eve') }, 'implicit-deny identity'],
    ['needs no root statement', { keyPolicy: policy('key', allow({ Principal: { AWS: aUser('eve').arn } })) }, 'allow grant'],
    [
      'reaches another account without an identity policy',
      { principal: toOther, grants: [aGrant({ grantee: { principal: toOther.arn } })] },
      'allow grant',
    ],
    [
      'to a role is for its sessions',
      { principal: session, grants: [aGrant({ grantee: { principal: session.roleArn! } })] },
      'allow grant',
    ],
    [
      'to a role stays within the boundary',
      { principal: session, boundary: silent, grants: [aGrant({ grantee: { principal: session.roleArn! } })] },
      'implicit-deny identity',
    ],
    [
      'to a session is for that session',
      { principal: session, boundary: silent, grants: [aGrant({ grantee: { principal: session.arn } })] },
      'allow grant',
    ],
    [
      'to an account needs an identity policy',
      { principal: toOther, grants: [aGrant({ grantee: { principal: aRoot(OTHER).arn } })] },
      'implicit-deny resource',
    ],
    [
      'to an account and an identity policy allow',
      { principal: toOther, identity: [allowing], grants: [aGrant({ grantee: { principal: aRoot(OTHER).arn } })] },
      'allow grant',
    ],
    [
      'to an account is for its root user',
      { principal: aRoot(OTHER), grants: [aGrant({ grantee: { principal: aRoot(OTHER).arn } })] },
      'allow grant',
    ],
    ['to a service is for that service', { principal: aService, grants: [aGrant({ grantee: { service: aService.arn } })] }, 'allow grant'],
    ['never confers ListGrants', { action: 'kms:ListGrants', grants: [aGrant({ operations: ['ListGrants'] })] }, 'implicit-deny identity'],
    ['is of no use where no key is named', { action: 'kms:Decrypt', resource: '*' }, 'implicit-deny identity'],
    ['speaks of KMS alone', { action: 'sss:Decrypt' }, 'implicit-deny resource'],
  ];
  test.each(cases)('%s', (_, question, expected) => {
    expect(granted(question)).toBe(expected);
  });

  test('is named by the decision', () => {
    expect(ask({ principal: bob, keyPolicy: delegating, grants: [aGrant({ grantId: 'no', operations: [] }), aGrant()] }).reason).toEqual({
      effect: 'allow',
      by: 'grant',
      grantId: 'g1',
    });
  });
});

describe('constraints', () => {
  const context = (pairs: Record<string, string>, more: Record<string, string[]> = {}) => ({
    ...Object.fromEntries(Object.entries(pairs).map(([key, value]) => [`kms:EncryptionContext:${key}`, [value]])),
    'kms:EncryptionContextKeys': Object.keys(pairs),
    ...more,
  });
  const equals: GrantConstraints = { encryptionContextEquals: { Dept: 'IT', app: 'x' } };
  const subset: GrantConstraints = { encryptionContextSubset: { Dept: 'IT' } };

  test.each([
    ['Equals: the same pairs', equals, { Dept: 'IT', app: 'x' }, true],
    ['Equals: keys in another case', equals, { dept: 'IT', APP: 'x' }, true],
    ['Equals: a value in another case', equals, { Dept: 'it', app: 'x' }, false],
    ['Equals: a pair more', equals, { Dept: 'IT', app: 'x', b: 'y' }, false],
    ['Equals: a pair less', equals, { Dept: 'IT' }, false],
    ['Equals: nothing', equals, {}, false],
    ['Equals nothing: nothing', { encryptionContextEquals: {} }, {}, true],
    ['Equals nothing: a pair', { encryptionContextEquals: {} }, { a: 'b' }, false],
    ['Subset: the pair and more', subset, { Dept: 'IT', b: 'y' }, true],
    ['Subset: another value', subset, { Dept: 'HR' }, false],
    ['Subset: nothing', subset, {}, false],
  ])('%s', (_, constraints, pairs, expected) => {
    const decision = ask({ principal: bob, keyPolicy: delegating, context: context(pairs), grants: [aGrant({ constraints })] });
    expect(decision.allowed).toBe(expected);
  });

  test('of the encryption context are not asked for DescribeKey', () => {
    expect(granted({ action: 'kms:DescribeKey', grants: [aGrant({ constraints: equals })] })).toBe('allow grant');
  });

  test('of the source hold for calls made for that resource', () => {
    const sourceArn = `arn:aws:s3:::bucket`;
    const grants = [aGrant({ constraints: { sourceArn } })];
    expect(granted({ grants, context: { 'aws:SourceArn': [sourceArn] } })).toBe('allow grant');
    expect(granted({ grants, context: { 'aws:SourceArn': [`${sourceArn}2`] } })).toBe('implicit-deny identity');
    expect(granted({ grants })).toBe('implicit-deny identity');
  });

  test('of the source are not asked for RetireGrant, and hold for DescribeKey', () => {
    const grants = [aGrant({ operations: ['RetireGrant', 'DescribeKey'], constraints: { sourceArn: 'arn:aws:s3:::bucket' } })];
    expect(granted({ action: 'kms:RetireGrant', grants })).toBe('allow grant');
    expect(granted({ action: 'kms:DescribeKey', grants })).toBe('implicit-deny identity');
  });

  test('of one grant do not hinder another', () => {
    expect(granted({ grants: [aGrant({ constraints: equals }), aGrant({ grantId: 'g2' })] })).toBe('allow grant');
  });
});

describe('a grant of CreateGrant', () => {
  const child = (parent: GrantConstraints | undefined, constraints: GrantConstraints | undefined, operations = ['Decrypt']) =>
    granted({
      action: 'kms:CreateGrant',
      grants: [aGrant({ operations: ['CreateGrant', 'Decrypt'], ...(parent === undefined ? {} : { constraints: parent }) })],
      childGrant: { operations, ...(constraints === undefined ? {} : { constraints }) },
    }) === 'allow grant';
  const ab = { a: '1', b: '2' };

  test.each([
    ['no constraint: none', undefined, undefined, true],
    ['no constraint: any', undefined, { encryptionContextSubset: ab }, true],
    ['Equals: the same', { encryptionContextEquals: ab }, { encryptionContextEquals: { B: '2', A: '1' } }, true],
    ['Equals: more pairs', { encryptionContextEquals: ab }, { encryptionContextEquals: { ...ab, c: '3' } }, false],
    ['Equals: as Subset', { encryptionContextEquals: ab }, { encryptionContextSubset: ab }, false],
    ['Equals: none', { encryptionContextEquals: ab }, undefined, false],
    ['Equals nothing: none', { encryptionContextEquals: {} }, undefined, false],
    ['Subset: more pairs', { encryptionContextSubset: { a: '1' } }, { encryptionContextSubset: ab }, true],
    ['Subset: Equals of more', { encryptionContextSubset: { a: '1' } }, { encryptionContextEquals: ab }, true],
    ['Subset: fewer pairs', { encryptionContextSubset: ab }, { encryptionContextSubset: { a: '1' } }, false],
    ['Subset: another value', { encryptionContextSubset: { a: '1' } }, { encryptionContextSubset: { a: '2' } }, false],
    ['SourceArn: the same', { sourceArn: 'arn:aws:s3:::x' }, { sourceArn: 'arn:aws:s3:::x' }, true],
    ['SourceArn: none', { sourceArn: 'arn:aws:s3:::x' }, undefined, false],
  ])('%s', (_, parent, constraints, expected) => {
    expect(child(parent, constraints)).toBe(expected);
  });
  test('confers no operation that its parent lacks', () => {
    expect(child(undefined, undefined, ['Decrypt', 'Encrypt'])).toBe(false);
    expect(child(undefined, undefined, ['Decrypt', 'CreateGrant'])).toBe(true);
  });
  test('confers nothing when the new grant is not known', () => {
    expect(granted({ action: 'kms:CreateGrant', grants: [aGrant({ operations: ['CreateGrant'] })] })).toBe('implicit-deny identity');
  });
});

describe('an index of grants', () => {
  const grants = Array.from({ length: 1000 }, (_, i) =>
    compileGrant(
      aGrant({ grantId: `g${i}`, grantee: { principal: aUser(`u${i % 100}`).arn }, operations: [i % 2 === 0 ? 'Decrypt' : 'Encrypt'] }),
    ),
  );
  test('answers as the list does', () => {
    const index = new GrantIndex(grants);
    for (const name of ['u0', 'u1', 'u99', 'u100']) {
      const request = {
        principal: aUser(name),
        action: 'kms:Decrypt',
        resource: { arn: KEY, account: ACCOUNT },
        context: new Map(),
        now: 0,
      };
      const documents = { keyPolicy: delegating, identity: [] };
      expect(evaluate(request, { ...documents, grants: index }).reason).toEqual(evaluate(request, { ...documents, grants }).reason);
    }
  });

  test('finds the one grant of thousands whose encryption context fits, as the list does', () => {
    const context = (id: string, more: Record<string, string[]> = {}) =>
      new Map(
        Object.entries({
          'kms:encryptioncontext:dept': ['IT'],
          'kms:encryptioncontext:id': [id],
          'kms:encryptioncontextkeys': ['dept', 'id'],
          ...more,
        }),
      );
    const many = Array.from({ length: 2000 }, (_, i) =>
      compileGrant(
        aGrant({
          grantId: `g${i}`,
          constraints: { [i % 2 === 0 ? 'encryptionContextEquals' : 'encryptionContextSubset']: { Dept: 'IT', id: String(i) } },
        }),
      ),
    );
    const index = new GrantIndex(many);
    const documents = { keyPolicy: delegating, identity: [] };
    for (const id of ['0', '1', '1999', '2000']) {
      for (const more of [{}, { 'kms:encryptioncontextkeys': ['dept', 'id', 'x'] }]) {
        const request = {
          principal: bob,
          action: 'kms:Decrypt',
          resource: { arn: KEY, account: ACCOUNT },
          context: context(id, more),
          now: 0,
        };
        const decision = evaluate(request, { ...documents, grants: index });
        expect(decision.reason).toEqual(evaluate(request, { ...documents, grants: many }).reason);
        expect(decision.allowed).toBe(id !== '2000' && (Number(id) % 2 === 1 || Object.keys(more).length === 0));
      }
    }
  });
});

describe('a grant to a user or role', () => {
  const bobsId = bob.uniqueId!;
  const toRole = { grantee: { principal: session.roleArn! }, granteeId: 'AROACKCEVSQ6C2EXAMPLE' };
  test.each<[string, Partial<Question>, string]>([
    ['is the one’s that was meant', { grants: [aGrant({ granteeId: bobsId })] }, 'allow grant'],
    ['is not the next one’s of that name', { grants: [aGrant({ granteeId: 'AIDAANOTHERONE234567' })] }, 'implicit-deny identity'],
    ['is not one’s whose id begins alike', { grants: [aGrant({ granteeId: bobsId.slice(0, -1) })] }, 'implicit-deny identity'],
    ['is for every session of that role', { principal: session, grants: [aGrant(toRole)] }, 'allow grant'],
    [
      'is not for sessions of the next role of that name',
      { principal: session, grants: [aGrant({ ...toRole, granteeId: 'AROAANOTHERONE234567' })] },
      'implicit-deny identity',
    ],
  ])('%s', (_name, question, reason) => {
    expect(granted(question)).toBe(reason);
  });
});
