import { describe, expect, test } from '@jest/globals';
import { decideNaively } from './oracle.ts';
import { decideByProduct } from './product.ts';
import type { Asker, Question, Verdict } from './question.ts';

/**
 * The situations that the user guides explain, in words of our own and with our own names. Both evaluators are asked.
 * Sources by row: [key policies], [grants], [conditions] AWS KMS developer guide; [logic], [boundaries], [sessions], [cross-account], [elements],
 * [operators], [variables] IAM user guide.
 */
const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const user = (name: string, account = ACCOUNT): Asker => ({ arn: `arn:aws:iam::${account}:user/${name}`, account, type: 'user' });
const dana = user('dana');
const reader: Asker = {
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/job`,
  account: ACCOUNT,
  type: 'role-session',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/Reader`,
};
const foreign = user('dana', OTHER);

const doc = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const allow = (change: object = {}): object => ({ Effect: 'Allow', Action: 'kms:*', Resource: '*', ...change });
const deny = (change: object = {}): object => allow({ Effect: 'Deny', ...change });
const to = (AWS: string | string[], change: object = {}): object => allow({ Principal: { AWS }, ...change });
const rootStatement = to(ROOT);
const onlyDecrypt = { Action: 'kms:Decrypt' };

type Row = readonly [name: string, verdict: Verdict, question: Partial<Question>];

function ask(change: Partial<Question>): Question {
  const base = {
    principal: dana,
    action: 'kms:Decrypt',
    resource: { arn: KEY, account: ACCOUNT },
    context: {},
    now: Date.UTC(2026, 5, 1, 12),
  };
  return { ...base, keyPolicy: doc(rootStatement), identity: [], session: [], grants: [], ...change };
}

function bothSay(rows: readonly Row[]): void {
  test.each(rows)('%s: %s', (_, verdict, change) => {
    const question = ask(change);
    expect([decideNaively(question), decideByProduct(question)]).toEqual([verdict, verdict]);
  });
}

describe('key policies', () => {
  bothSay([
    ['the default policy alone gives a user nothing', 'implicit deny', {}],
    ['the default policy lets IAM policies count', 'allow', { identity: [doc(allow())] }],
    [
      'without a statement for the account IAM policies have no effect',
      'implicit deny',
      { keyPolicy: doc(to(user('eve').arn)), identity: [doc(allow())] },
    ],
    [
      'a key user named in the policy needs no IAM policy',
      'allow',
      { keyPolicy: doc(rootStatement, to(dana.arn, { Action: ['kms:Encrypt', 'kms:Decrypt'] })) },
    ],
    [
      'a key administrator does not use the key',
      'implicit deny',
      { keyPolicy: doc(to(dana.arn, { Action: ['kms:Put*', 'kms:Enable*', 'kms:Describe*'] })) },
    ],
    ['a role named in the policy is for its sessions', 'allow', { principal: reader, keyPolicy: doc(to(reader.roleArn ?? '')) }],
    ['the account id means the same as the root ARN', 'allow', { keyPolicy: doc(to(ACCOUNT)), identity: [doc(allow())] }],
    ['a statement about another key says nothing', 'implicit deny', { keyPolicy: doc(to(dana.arn, { Resource: `${KEY}0` })) }],
    [
      'a statement without an action says nothing',
      'implicit deny',
      { keyPolicy: doc({ Effect: 'Allow', Principal: { AWS: dana.arn }, Resource: '*' }) },
    ],
    [
      'everyone with a condition on the account',
      'allow',
      { keyPolicy: doc(to('*', { Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } } })) },
    ],
    [
      'everyone with a condition on another account',
      'implicit deny',
      { keyPolicy: doc(to('*', { Condition: { StringEquals: { 'kms:CallerAccount': OTHER } } })) },
    ],
  ]);
});

describe('the logic', () => {
  const all = doc(allow());
  bothSay([
    ['a deny beats every allow', 'explicit deny', { keyPolicy: doc(to(dana.arn)), identity: [all, doc(deny(onlyDecrypt))] }],
    [
      'a deny of the key policy binds the root user too',
      'explicit deny',
      { principal: { arn: ROOT, account: ACCOUNT, type: 'root' }, keyPolicy: doc(rootStatement, deny({ Principal: '*', ...onlyDecrypt })) },
    ],
    ['a boundary that does not allow limits an IAM policy', 'implicit deny', { identity: [all], boundary: doc(allow({ Action: 's3:*' })) }],
    [
      'a boundary does not limit a user whom the key policy names',
      'allow',
      { keyPolicy: doc(to(dana.arn)), boundary: doc(allow({ Action: 's3:*' })) },
    ],
    [
      'a boundary limits a role that the key policy names',
      'implicit deny',
      { principal: reader, keyPolicy: doc(to(reader.roleArn ?? '')), boundary: doc(allow({ Action: 's3:*' })) },
    ],
    [
      'a session policy limits a role that the key policy names',
      'implicit deny',
      { principal: reader, keyPolicy: doc(to(reader.roleArn ?? '')), session: [doc(allow({ Action: 's3:*' }))] },
    ],
    [
      'a session policy does not limit a session that the key policy names',
      'allow',
      { principal: reader, keyPolicy: doc(to(reader.arn)), session: [doc(allow({ Action: 's3:*' }))] },
    ],
    [
      'a session has what role, session policy and boundary have in common',
      'allow',
      { principal: reader, identity: [all], session: [doc(allow(onlyDecrypt))], boundary: doc(allow({ Action: 'kms:De*' })) },
    ],
    [
      'NotPrincipal with Deny spares whom it lists with the account',
      'allow',
      { keyPolicy: doc(to(dana.arn), deny({ NotPrincipal: { AWS: [dana.arn, ROOT] } })) },
    ],
    [
      'NotPrincipal with Deny hits whom it lists without the account',
      'explicit deny',
      { keyPolicy: doc(to(dana.arn), deny({ NotPrincipal: { AWS: dana.arn } })) },
    ],
    [
      'NotAction leaves out what it lists',
      'implicit deny',
      { identity: [doc({ Effect: 'Allow', NotAction: onlyDecrypt.Action, Resource: '*' })] },
    ],
    [
      'NotResource with Deny leaves alone what it lists',
      'allow',
      { identity: [all, doc({ Effect: 'Deny', Action: '*', NotResource: KEY })] },
    ],
  ]);
});

describe('another account', () => {
  bothSay([
    ['needs both sides', 'allow', { principal: foreign, keyPolicy: doc(to(`arn:aws:iam::${OTHER}:root`)), identity: [doc(allow())] }],
    ['has nothing by the key policy alone', 'implicit deny', { principal: foreign, keyPolicy: doc(to(foreign.arn)) }],
    ['has nothing by its own policies alone', 'implicit deny', { principal: foreign, identity: [doc(allow())] }],
    [
      'has what a grant gives without a policy of its own',
      'allow',
      { principal: foreign, grants: [{ grantId: 'g', grantee: { principal: foreign.arn }, operations: ['Decrypt'] }] },
    ],
  ]);
});

describe('grants', () => {
  const grant = (change: object = {}) => [
    { grantId: 'g', grantee: { principal: dana.arn }, operations: ['Decrypt', 'DescribeKey', 'CreateGrant'], ...change },
  ];
  const subset = { constraints: { encryptionContextSubset: { Department: 'IT' } } };
  const context = {
    'kms:EncryptionContext:department': ['IT'],
    'kms:EncryptionContext:purpose': ['test'],
    'kms:EncryptionContextKeys': ['department', 'purpose'],
  };
  bothSay([
    ['need no key policy and no IAM policy', 'allow', { keyPolicy: doc(to(user('eve').arn)), grants: grant() }],
    ['give what they list and no more', 'implicit deny', { action: 'kms:Encrypt', grants: grant() }],
    ['do not beat a deny', 'explicit deny', { identity: [doc(deny())], grants: grant() }],
    ['with a subset hold for a context that has it, whatever the case of its keys', 'allow', { context, grants: grant(subset) }],
    ['with a subset do not hold without a context', 'implicit deny', { grants: grant(subset) }],
    [
      'with equals do not hold for a context that has more',
      'implicit deny',
      { context, grants: grant({ constraints: { encryptionContextEquals: { Department: 'IT' } } }) },
    ],
    ['with a context are good for DescribeKey', 'allow', { action: 'kms:DescribeKey', grants: grant(subset) }],
    [
      'of CreateGrant give on what they have',
      'allow',
      { action: 'kms:CreateGrant', grants: grant(), childGrant: { operations: ['Decrypt'] } },
    ],
    [
      'of CreateGrant give on no more',
      'implicit deny',
      { action: 'kms:CreateGrant', grants: grant(), childGrant: { operations: ['Encrypt'] } },
    ],
    [
      'of CreateGrant give on no wider a constraint',
      'implicit deny',
      { action: 'kms:CreateGrant', grants: grant(subset), childGrant: { operations: ['Decrypt'] } },
    ],
  ]);
});

describe('conditions', () => {
  const when = (Condition: object, context: Question['context'] = {}, more: Partial<Question> = {}): Partial<Question> => ({
    identity: [doc(allow({ Condition }))],
    context,
    ...more,
  });
  bothSay([
    [
      'all operators and keys must hold',
      'implicit deny',
      when({ StringEquals: { 'kms:ViaService': 'a' }, Bool: { 'aws:SecureTransport': 'true' } }, { 'kms:ViaService': ['a'] }),
    ],
    ['one of several values is enough', 'allow', when({ StringEquals: { 'kms:ViaService': ['a', 'b'] } }, { 'kms:ViaService': ['b'] })],
    [
      'a negated operator asks for none of its values',
      'implicit deny',
      when({ StringNotEquals: { 'kms:ViaService': ['a', 'b'] } }, { 'kms:ViaService': ['b'] }),
    ],
    ['a negated operator holds for a missing key', 'allow', when({ StringNotEquals: { 'kms:ViaService': 'a' } })],
    ['IfExists holds for a missing key', 'allow', when({ StringEqualsIfExists: { 'kms:ViaService': 'a' } })],
    [
      'IfExists asks a key that is there',
      'implicit deny',
      when({ StringEqualsIfExists: { 'kms:ViaService': 'a' } }, { 'kms:ViaService': ['b'] }),
    ],
    ['Null asks whether a key is there', 'allow', when({ Null: { 'kms:ViaService': 'true' } })],
    [
      'ForAllValues asks every value',
      'implicit deny',
      when({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } }, { 'kms:EncryptionContextKeys': ['a', 'b'] }),
    ],
    ['ForAllValues holds for a missing key', 'allow', when({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } })],
    [
      'ForAnyValue asks for one value',
      'allow',
      when({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } }, { 'kms:EncryptionContextKeys': ['a', 'b'] }),
    ],
    [
      'ForAnyValue does not hold for a missing key',
      'implicit deny',
      when({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } }),
    ],
    [
      'the keys of an encryption context compare without case, its values with it',
      'allow',
      when({ StringEquals: { 'kms:EncryptionContext:APP': 'x' } }, { 'kms:EncryptionContext:app': ['x'] }),
    ],
    ['addresses lie in blocks', 'allow', when({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, { 'aws:SourceIp': ['203.0.113.77'] })],
    ['dates come before dates', 'allow', when({ DateLessThan: { 'aws:CurrentTime': '2026-06-02T00:00:00Z' } })],
    [
      'numbers compare as numbers',
      'allow',
      when({ NumericLessThan: { 'aws:MultiFactorAuthAge': '1000' } }, { 'aws:MultiFactorAuthAge': ['999'] }),
    ],
    ['ARNs compare component by component', 'implicit deny', when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*' } })],
    [
      "the principal's ARN is the role's for a session",
      'allow',
      when({ ArnEquals: { 'aws:PrincipalArn': reader.roleArn } }, {}, { principal: reader }),
    ],
    [
      'tags of a key are not seen by its own policy',
      'implicit deny',
      {
        keyPolicy: doc(to(dana.arn, { Condition: { StringEquals: { 'aws:ResourceTag/a': 'b' } } })),
        context: { 'aws:ResourceTag/a': ['b'] },
      },
    ],
    [
      'tags of a key are seen by IAM policies',
      'allow',
      when({ StringEquals: { 'aws:ResourceTag/a': 'b' } }, { 'aws:ResourceTag/a': ['b'] }),
    ],
  ]);
});

describe('variables', () => {
  const like = (value: string) => [doc(allow({ Condition: { StringLike: { 'kms:EncryptionContext:path': value } } }))];
  const context = { 'kms:EncryptionContext:path': ['home/dana/x'] };
  const tagged = { ...dana, tags: { team: '*' } };
  bothSay([
    ['stand for the name of the user', 'allow', { identity: like('home/${aws:username}/*'), context }],
    [
      'stand for nothing in the first version of the language',
      'implicit deny',
      { identity: like('home/${aws:username}/*').map((text) => text.replace('2012-10-17', '2008-10-17')), context },
    ],
    ['without a value fit nothing', 'implicit deny', { identity: like('${aws:PrincipalTag/team}*'), context }],
    ['without a value take their default', 'allow', { identity: like("${aws:PrincipalTag/team, 'home'}/*"), context }],
    [
      'put values in as they are: a star in a tag is a star',
      'implicit deny',
      { principal: tagged, identity: like('${aws:PrincipalTag/team}'), context },
    ],
    ['can spell a star', 'implicit deny', { identity: like('home/${*}'), context }],
    ['stand in resources too', 'allow', { identity: [doc(allow({ Resource: 'arn:aws:kms:*:${aws:PrincipalAccount}:key/*' }))] }],
  ]);
});

describe('operations that name no resource', () => {
  const create = { action: 'kms:CreateKey', resource: '*' } as const;
  const without = ({ keyPolicy: _, ...question }: Question): Question => question;
  test.each([
    ['need an IAM policy', [doc(allow({ Action: 'kms:CreateKey' }))], 'allow'],
    ['that is not about certain resources', [doc(allow({ Resource: 'arn:aws:kms:*:*:key/*' }))], 'implicit deny'],
    ['that is there', [], 'implicit deny'],
  ] as const)('%s', (_, identity, verdict) => {
    const question = without(ask({ ...create, identity }));
    expect([decideNaively(question), decideByProduct(question)]).toEqual([verdict, verdict]);
  });
});
