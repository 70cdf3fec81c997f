import { describe, expect, test } from '@jest/globals';
import { jsonReader } from '../http/aws-json.ts';
import { planOf } from '../road.fixture.ts';

function verdict(name: string, json: object): string | undefined {
  const plan = planOf(name);
  const message = jsonReader(plan.operation.request)(json);
  try {
    for (const rule of plan.rules) rule(message);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const grant = { KeyId: 'k', GranteePrincipal: 'arn:aws:iam::111122223333:user/bob', Operations: ['Decrypt'] };
const service = { ...grant, GranteePrincipal: undefined, GranteeServicePrincipal: 's3.amazonaws.com' };
const SourceArn = 'arn:aws:s3:us-east-1:111122223333:b';
const pairs = (count: number, value = 'v') => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

describe('what members of grants must be together', () => {
  test.each([
    ['kms.CreateGrant', grant, undefined],
    ['kms.CreateGrant', { ...grant, GranteePrincipal: undefined }, 'You must specify GranteePrincipal or GranteeServicePrincipal.'],
    [
      'kms.CreateGrant',
      { ...grant, GranteeServicePrincipal: 'a.b' },
      'You can specify GranteePrincipal or GranteeServicePrincipal, but not both.',
    ],
    [
      'kms.CreateGrant',
      { ...grant, RetiringPrincipal: 'a', RetiringServicePrincipal: 'b' },
      'You can specify RetiringPrincipal or RetiringServicePrincipal, but not both.',
    ],
    ['kms.CreateGrant', { ...grant, Constraints: { EncryptionContextEquals: pairs(8, 'v'.repeat(384)) } }, undefined],
    [
      'kms.CreateGrant',
      { ...grant, Constraints: { EncryptionContextSubset: pairs(9) } },
      'A grant constraint can have at most 8 encryption context pairs.',
    ],
    [
      'kms.CreateGrant',
      { ...grant, Constraints: { EncryptionContextSubset: pairs(1, 'v'.repeat(385)) } },
      'An encryption context value in a grant constraint can have at most 384 characters.',
    ],
    [
      'kms.CreateGrant',
      { ...grant, Constraints: { EncryptionContextSubset: { a: '\0' } } },
      'A grant constraint must not contain the null character.',
    ],
    [
      'kms.CreateGrant',
      { ...grant, Constraints: { EncryptionContextSubset: pairs(1), EncryptionContextEquals: pairs(1) } },
      'More than one constraint supplied',
    ],
    ['kms.CreateGrant', { ...grant, Constraints: { EncryptionContextEquals: {} } }, 'A grant constraint must not be empty.'],
    ['kms.CreateGrant', { ...grant, Constraints: { EncryptionContextEquals: pairs(1), SourceArn } }, undefined],
    ['kms.CreateGrant', service, 'A grant to a service principal must have a SourceArn constraint.'],
    [
      'kms.CreateGrant',
      { ...service, Constraints: { SourceArn } },
      'A grant to a service principal must have a RetiringPrincipal or a RetiringServicePrincipal.',
    ],
    ['kms.CreateGrant', { ...service, Constraints: { SourceArn }, RetiringServicePrincipal: 's3.amazonaws.com' }, undefined],
    [
      'kms.ListGrants',
      { KeyId: 'k', GranteePrincipal: 'a', GranteeServicePrincipal: 'b' },
      'You can specify GranteePrincipal or GranteeServicePrincipal, but not both.',
    ],
    ['kms.ListRetirableGrants', {}, 'You must specify RetiringPrincipal or RetiringServicePrincipal.'],
    [
      'kms.ListRetirableGrants',
      { RetiringPrincipal: 'a', RetiringServicePrincipal: 'b' },
      'You can specify RetiringPrincipal or RetiringServicePrincipal, but not both.',
    ],
    ['kms.RetireGrant', { GrantToken: 't' }, undefined],
    ['kms.RetireGrant', { KeyId: 'k', GrantId: 'g' }, undefined],
    ['kms.RetireGrant', { GrantId: 'g' }, 'You must specify either the grant token or both the key ID and the grant ID.'],
    ['kms.RetireGrant', { GrantToken: 't', KeyId: 'k' }, 'You must specify either the grant token or both the key ID and the grant ID.'],
    ['kms.RetireGrant', {}, 'You must specify either the grant token or both the key ID and the grant ID.'],
  ])('%s %j: %s', (name, json, expected) => {
    expect(verdict(name, json)).toBe(expected);
  });
});
