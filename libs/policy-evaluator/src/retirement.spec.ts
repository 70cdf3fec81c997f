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
  delegating,
  deny,
  policy,
  silent,
} from './builders.fixture.ts';
import { compileGrant, type Grant } from './grants.ts';
import type { Documents, Principal } from './request.ts';
import { evaluateRetirement } from './retirement.ts';

const bob = aUser();
const eve = aUser('eve');
const session = aSession();
const grant: Grant = {
  grantId: 'g1',
  grantee: { principal: bob.arn },
  operations: ['Decrypt'],
  retiring: { principal: eve.arn },
  issuingAccount: ACCOUNT,
};

function why(principal: Principal, change: Partial<Grant> = {}, documents: Partial<Documents> = {}): string {
  const request = { principal, action: 'kms:RetireGrant', resource: { arn: KEY, account: ACCOUNT }, context: new Map(), now: 0 };
  const { reason } = evaluateRetirement(
    request,
    { keyPolicy: delegating, identity: [], grants: [], ...documents },
    compileGrant({ ...grant, ...change }),
  );
  return Object.values(reason).join(' ');
}

describe('a grant may be retired', () => {
  const retirable = { operations: ['RetireGrant'] };
  test.each<[string, string, Principal, Partial<Grant>?, Partial<Documents>?]>([
    ['by its retiring principal', 'allow grant g1', eve],
    ['by a session of the role that is its retiring principal', 'allow grant g1', session, { retiring: { principal: session.roleArn! } }],
    ['by its grantee, if it says so', 'allow grant g1', bob, retirable],
    [
      'by its grantee whatever the constraints',
      'allow grant g1',
      bob,
      { ...retirable, constraints: { encryptionContextEquals: { a: 'b' }, sourceArn: 'x' } },
    ],
    ['by the root of the account that made it', 'allow account-root', aRoot()],
    ['by a service that it names', 'allow grant g1', aService, { retiring: { service: aService.arn } }],
    ['by whom the account that made it lets', 'allow identity-policy', aUser('ann'), {}, { identity: [allowing] }],
    [
      "by whom the retiring principal's account lets",
      'allow identity-policy',
      aUser('ann', OTHER),
      { retiring: { principal: aUser('x', OTHER).arn } },
      { identity: [allowing] },
    ],
    ['by the root of an account that is to retire it', 'allow grant g1', aRoot(OTHER), { retiring: { principal: aRoot(OTHER).arn } }],
  ])('%s', (...[, expected, principal, change, documents]) => {
    expect(why(principal, change, documents)).toBe(expected);
  });
});

describe('a grant may not be retired', () => {
  const byKeyPolicy = { keyPolicy: policy('key', { ...allow(), Principal: { AWS: bob.arn } }) };
  test.each<[string, string, Principal, Partial<Grant>?, Partial<Documents>?]>([
    ['by its grantee, if it does not say so', 'implicit-deny identity', bob],
    ['by whom a key policy lets', 'implicit-deny identity', bob, {}, byKeyPolicy],
    ['against a deny of the key policy', 'explicit-deny resource', eve, {}, { keyPolicy: policy('key', { ...deny(), Principal: '*' }) }],
    ['against a deny of an identity policy', 'explicit-deny identity', eve, {}, { identity: [policy('identity', deny())] }],
    ['by whom a third account lets', 'implicit-deny resource', aUser('ann', OTHER), {}, { identity: [allowing] }],
    [
      "by the key's account, if another made it",
      'implicit-deny identity',
      aRoot(),
      { issuingAccount: OTHER, retiring: { principal: aUser('x', OTHER).arn } },
    ],
    [
      'by a user of an account that is to retire it, without a policy',
      'implicit-deny resource',
      aUser('x', OTHER),
      { retiring: { principal: aRoot(OTHER).arn } },
    ],
    [
      'by a role beyond its boundary',
      'implicit-deny identity',
      session,
      { retiring: { principal: session.roleArn! } },
      { boundary: silent },
    ],
    ['by a service that it does not name', 'implicit-deny resource', aService],
  ])('%s', (...[, expected, principal, change, documents]) => {
    expect(why(principal, change, documents)).toBe(expected);
  });
});

test('a user that is made again under the name of a retiring principal or grantee may not retire', () => {
  expect(why(eve, { retiringId: eve.uniqueId! })).toBe('allow grant g1');
  expect(why(eve, { retiringId: 'AIDAANOTHERONE234567' })).toBe('implicit-deny identity');
  expect(why(bob, { operations: ['RetireGrant'], granteeId: 'AIDAANOTHERONE234567' })).toBe('implicit-deny identity');
});
