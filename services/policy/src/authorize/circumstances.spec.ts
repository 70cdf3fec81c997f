import { describe, expect, test } from '@jest/globals';
import { foldCase } from '@trent/policy-evaluator';
import type { Principal } from '../accounts/principal.ts';
import type { Session } from '../sts/session.ts';
import { ACCOUNT, aKey, anItem, KEY_ID, NOW, OTHER_KEY_ID, REGION } from './authorize.fixture.ts';
import { Circumstances, type Circumstance } from './circumstances.ts';
import { KeyViews, type KeyView } from './key-views.ts';

const holder = { service: undefined };
const nobody = { session: undefined, holder } as unknown as Principal;
const inSession = (session: Partial<Session>) => ({ session: { issuedAtMs: NOW - 90_500, ...session }, holder }) as unknown as Principal;

async function aView(change: Parameters<typeof aKey>[0] = {}): Promise<KeyView> {
  const key = aKey(change);
  const view = await new KeyViews(() => Promise.resolve([key])).loadByKeyId(REGION, key.keyId, 1e9);
  if (view === undefined) throw new Error('the table has the key');
  return view;
}

const valueOf = (key: string, parts: Partial<Circumstance> = {}) =>
  new Circumstances({ item: anItem(), principal: nobody, keyNumber: 0, now: NOW, ...parts }).get(foldCase(key));

describe('condition keys of the KMS key', () => {
  test.each([
    ['kms:KeySpec', ['SYMMETRIC_DEFAULT']],
    ['kms:CustomerMasterKeySpec', ['SYMMETRIC_DEFAULT']],
    ['kms:KeyUsage', ['ENCRYPT_DECRYPT']],
    ['kms:KeyOrigin', ['AWS_KMS']],
    ['kms:MultiRegion', ['false']],
    ['kms:ResourceAliases', ['alias/app', 'alias/b']],
    ['aws:ResourceTag/Team', ['blue']],
    ['aws:ResourceTag/other', undefined],
    ['kms:ReEncryptOnSameKey', undefined],
    ['kms:ViaService', undefined],
  ])('%s is %j', async (key, expected) => {
    const view = await aView({ aliases: ['alias/app', 'alias/b'], tags: new Map([['team', 'blue']]) });
    expect(valueOf(key, { view, keyNumber: 1 })).toEqual(expected);
  });

  test('a request cannot claim them', async () => {
    const facts = [{ key: 'kms:KeySpec', values: ['RSA_2048'], keyNumber: 0 }];
    expect(valueOf('kms:KeySpec', { view: await aView(), keyNumber: 1, item: anItem({ facts }) })).toEqual(['SYMMETRIC_DEFAULT']);
    expect(valueOf('kms:KeySpec', { item: anItem({ facts }) })).toEqual(['RSA_2048']);
  });

  test('a key with more aliases than the quota allows has none', async () => {
    const aliases = Array.from({ length: 51 }, (_, index) => `alias/${String(index)}`);
    expect(valueOf('kms:ResourceAliases', { view: await aView({ aliases }), keyNumber: 1 })).toBeUndefined();
  });

  test('ReEncrypt knows whether both keys are one', async () => {
    const view = await aView();
    const other = await aView({ keyId: OTHER_KEY_ID });
    expect(valueOf('kms:ReEncryptOnSameKey', { view, keyNumber: 1, views: [view, view] })).toEqual(['true']);
    expect(valueOf('kms:ReEncryptOnSameKey', { view, keyNumber: 1, views: [view, other] })).toEqual(['false']);
  });
});

describe('condition keys of the request', () => {
  const item = anItem({
    sourceIp: '203.0.113.7',
    facts: [
      { key: 'kms:EncryptionContext:App', values: ['a'], keyNumber: 1 },
      { key: 'kms:EncryptionContext:app', values: ['b'], keyNumber: 1 },
      { key: 'kms:EncryptionContext:app', values: ['c'], keyNumber: 2 },
      { key: 'aws:UserAgent', values: ['cli'], keyNumber: 0 },
    ],
  });

  test.each([
    ['aws:SourceIp', ['203.0.113.7']],
    ['aws:RequestedRegion', [REGION]],
    ['aws:ViaAWSService', ['false']],
    ['aws:UserAgent', ['cli']],
    ['kms:EncryptionContext:APP', ['a', 'b']],
    ['kms:EncryptionAlgorithm', undefined],
  ])('%s is %j', (key, expected) => {
    expect(valueOf(key, { item, keyNumber: 1 })).toEqual(expected);
  });

  test('of the second key are its own', () => {
    expect(valueOf('kms:EncryptionContext:app', { item, keyNumber: 2 })).toEqual(['c']);
  });
});

describe('condition keys of services', () => {
  const as = (service: string | undefined) => ({ session: undefined, holder: { service } }) as unknown as Principal;
  const facts = ['kms:ViaService', 'aws:CalledVia', 'aws:ViaAWSService', 'kms:GrantIsForAWSResource'].map((key) => ({
    key,
    values: ['claimed'],
    keyNumber: 0,
  }));

  test.each([
    ['kms:ViaService', 's3', ['s3.us-east-1.amazonaws.com']],
    ['kms:ViaService', undefined, undefined],
    ['aws:ViaAWSService', 's3', ['true']],
    ['aws:ViaAWSService', undefined, ['false']],
    ['aws:CalledVia', 'dynamodb', ['dynamodb.amazonaws.com']],
    ['aws:CalledViaFirst', 'dynamodb', ['dynamodb.amazonaws.com']],
    ['aws:CalledViaLast', 'dynamodb', ['dynamodb.amazonaws.com']],
    ['aws:CalledVia', 's3', undefined],
    ['aws:CalledVia', undefined, undefined],
    ['kms:GrantIsForAWSResource', 's3', ['true']],
    ['kms:GrantIsForAWSResource', undefined, ['false']],
  ])('%s of %s is %j, whatever the request claims', (key, service, expected) => {
    const item = anItem({ operation: 'kms.CreateGrant', facts });
    expect(valueOf(key, { item, principal: as(service), keyNumber: 1 })).toEqual(expected);
  });

  test('kms:GrantIsForAWSResource is for operations on grants alone', () => {
    expect(valueOf('kms:GrantIsForAWSResource', { item: anItem({ operation: 'kms.Encrypt' }), principal: as('s3') })).toBeUndefined();
  });
});

describe('condition keys of the session', () => {
  const webIdentity = { provider: `arn:aws:iam::${ACCOUNT}:oidc-provider/id.example`, issuer: 'id.example', subject: 's', audience: 'a' };
  test.each([
    ['aws:TokenIssueTime', nobody, undefined],
    ['aws:TokenIssueTime', inSession({}), ['2026-11-24T11:58:29Z']],
    ['aws:MultiFactorAuthPresent', nobody, undefined],
    ['aws:MultiFactorAuthPresent', inSession({}), ['false']],
    ['aws:MultiFactorAuthPresent', inSession({ mfaAtMs: NOW - 90_500 }), ['true']],
    ['aws:MultiFactorAuthAge', inSession({ mfaAtMs: NOW - 90_500 }), ['90']],
    ['aws:MultiFactorAuthAge', inSession({}), undefined],
    ['aws:SourceIdentity', inSession({ sourceIdentity: 'alice' }), ['alice']],
    ['aws:FederatedProvider', inSession({ webIdentity }), [webIdentity.provider]],
    ['id.example:sub', inSession({ webIdentity }), ['s']],
    ['id.example:aud', inSession({ webIdentity }), ['a']],
    ['id.example:sub', nobody, undefined],
  ])('%s, case %#', (key, principal, expected) => {
    expect(valueOf(key, { principal })).toEqual(expected);
  });
});

test('nothing is gathered unless a condition is looked at', () => {
  const item = anItem();
  Object.defineProperty(item, 'facts', { get: () => expect(KEY_ID).toBe('not read') });
  expect(new Circumstances({ item, principal: nobody, keyNumber: 0, now: NOW })).toBeDefined();
});
