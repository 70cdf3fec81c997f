import { describe, expect, test } from '@jest/globals';
import type { authorize } from '@trent/contracts';
import { ACCOUNT, aHolder, aKey, anItem, aPolicy, aQuery, KEY_ID, MATERIAL_ID, REGION } from './authorize.fixture.ts';
import { authorizeItem } from './authorize.ts';

const MRK = `mrk-${'ab'.repeat(16)}`;
const THERE = 'eu-west-1';
const arnIn = (region: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${MRK}`;
const primary = (parts = {}) => aKey({ keyId: MRK, multiRegion: true, multiRegionKeyType: 'PRIMARY', ...parts });
const replica = (parts = {}) => primary({ region: THERE, multiRegionKeyType: 'REPLICA', ...parts });
const ask = async (item: authorize.AuthorizeItem, policy: ReturnType<typeof aPolicy>) => authorizeItem(policy.deps, item, Infinity);
const facts = (key: string, ...values: string[]): authorize.Fact => ({ key, values, keyNumber: 0 });

function allowUnless(condition: object): string {
  const everybody = { Principal: { AWS: '*' }, Resource: '*' };
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'kms:*', ...everybody },
      { Effect: 'Deny', Action: 'kms:*', ...everybody, Condition: condition },
    ],
  });
}

describe('a ciphertext of a multi-Region key', () => {
  const query = aQuery('', { ciphertextKeyId: MRK, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: 'global' });
  const decrypt = anItem({ operation: 'kms.Decrypt', keys: [query] });

  test('opens with the relative of the Region that is asked, whose ARN the permit names', async () => {
    const result = await ask(decrypt, aPolicy([primary(), replica()]));
    expect(result).toMatchObject({ error: undefined, keys: [{ keyArn: arnIn(REGION), materialId: MATERIAL_ID }] });
  });

  test('opens nothing where no relative is', async () => {
    expect((await ask(decrypt, aPolicy([replica()]))).error?.code).toBe('AccessDeniedException');
  });

  test('whose group is the name of a single-Region key’s opens nothing', async () => {
    const forged = aQuery('', { ciphertextKeyId: KEY_ID, ciphertextMaterialId: MATERIAL_ID, ciphertextRegion: 'global' });
    expect((await ask(anItem({ operation: 'kms.Decrypt', keys: [forged] }), aPolicy())).error?.code).toBe('AccessDeniedException');
  });
});

describe('what a policy can ask of a multi-Region key', () => {
  test.each([
    ['PRIMARY', primary(), true],
    ['REPLICA', primary({ multiRegionKeyType: 'REPLICA' }), false],
    ['neither', aKey({ keyId: MRK }), true],
  ])('is whether it is a replica: %s', async (_what, key, isAllowed) => {
    const policy = allowUnless({ StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } });
    const { error } = await ask(anItem({ keys: [aQuery(MRK)] }), aPolicy([{ ...key, policy }]));
    expect(error === undefined).toBe(isAllowed);
  });

  test('is where to it may be replicated', async () => {
    const policy = aPolicy([primary({ policy: allowUnless({ StringNotEquals: { 'kms:ReplicaRegion': THERE } }) })]);
    const replicate = (region: string) =>
      ask(anItem({ operation: 'kms.ReplicateKey', keys: [aQuery(MRK)], facts: [facts('kms:ReplicaRegion', region)] }), policy);
    expect((await replicate(THERE)).error).toBeUndefined();
    expect((await replicate('ap-south-1')).error?.code).toBe('AccessDeniedException');
  });
});

describe('UpdatePrimaryRegion', () => {
  const update = anItem({ operation: 'kms.UpdatePrimaryRegion', keys: [aQuery(MRK), aQuery(MRK, { region: THERE })] });

  test('is judged on both keys, each by its own policy', async () => {
    const result = await ask(update, aPolicy([primary(), replica()]));
    expect(result.error).toBeUndefined();
    expect(result.keys.map(({ keyArn }) => keyArn)).toEqual([arnIn(REGION), arnIn(THERE)]);
    const denied = replica({ policy: allowUnless({ StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } }) });
    expect((await ask(update, aPolicy([primary(), denied]))).error).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining(arnIn(THERE)),
    });
  });

  test('by the ARN of the primary finds the replica', async () => {
    const keys = [aQuery(arnIn(REGION)), aQuery(arnIn(REGION), { region: THERE })];
    expect((await ask({ ...update, keys }, aPolicy([primary(), replica()]))).keys).toHaveLength(2);
  });

  test('of a key without a replica there goes on with the one key, for the room to refuse', async () => {
    const result = await ask(update, aPolicy([primary()]));
    expect(result).toMatchObject({ error: undefined, keys: [{ keyArn: arnIn(REGION) }] });
    expect((await ask(update, aPolicy([]))).error?.code).toBe('NotFoundException');
  });

  test('is not judged by what is known of the other Region without a live lease', async () => {
    const policy = aPolicy([primary(), replica()], { isLive: (region) => region === REGION });
    expect((await ask(update, policy)).error?.code).toBe('DependencyTimeoutException');
  });
});

describe('a user who replicates', () => {
  const allow = (action: string | string[], condition: object = {}) => ({
    Effect: 'Allow',
    Action: action,
    Resource: '*',
    Condition: condition,
  });
  const replicate = (more: authorize.Fact[] = []) =>
    anItem({ operation: 'kms.ReplicateKey', keys: [aQuery(MRK)], facts: [facts('kms:ReplicaRegion', THERE), ...more] });

  async function outcomeOf(statements: readonly object[], item = replicate()): Promise<string> {
    const document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    const holder = aHolder({
      arn: `arn:aws:iam::${ACCOUNT}:user/bob`,
      kind: 'User',
      uniqueId: 'AIDAEXAMPLEEXAMPLE123',
      name: 'bob',
      documents: [{ kind: 'identity', source: 'user_bob_p', document }],
    });
    const { error } = await ask(item, aPolicy([primary()], { holder }));
    return error === undefined ? 'allowed' : `${error.code} ${/to perform: (kms:\w+)/.exec(error.message)?.[1] ?? ''}`;
  }

  test('needs leave to replicate the primary', async () => {
    expect(await outcomeOf([allow('kms:CreateKey')])).toBe('AccessDeniedException kms:ReplicateKey');
  });

  test('needs leave to create keys as well', async () => {
    expect(await outcomeOf([allow('kms:ReplicateKey')])).toBe('AccessDeniedException kms:CreateKey');
    expect(await outcomeOf([allow(['kms:ReplicateKey', 'kms:CreateKey'])])).toBe('allowed');
  });

  test.each([
    ['in the Region of the replica', { StringEquals: { 'aws:RequestedRegion': THERE } }, 'allowed'],
    [
      'and in that of the primary it is of no use',
      { StringEquals: { 'aws:RequestedRegion': REGION } },
      'AccessDeniedException kms:CreateKey',
    ],
    ['as a replica', { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA', 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } }, 'allowed'],
  ])('needs that leave %s', async (_what, condition, expected) => {
    expect(await outcomeOf([allow('kms:ReplicateKey'), allow('kms:CreateKey', condition)])).toBe(expected);
  });

  test('needs leave to tag in order to tag', async () => {
    const tagged = replicate([facts('aws:RequestTag/team', 'blue'), facts('aws:TagKeys', 'team')]);
    const both = allow(['kms:ReplicateKey', 'kms:CreateKey']);
    expect(await outcomeOf([both], tagged)).toBe('AccessDeniedException kms:TagResource');
    expect(await outcomeOf([both, allow('kms:TagResource')], tagged)).toBe('allowed');
  });
});
