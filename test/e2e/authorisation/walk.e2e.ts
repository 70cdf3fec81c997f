import { PutUserPermissionsBoundaryCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { anotherAccount, testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { aUser, callerOf, iamClient, policyDocument, type TestUser } from '../fixtures/iam.ts';

/** Operations on one key, with an input that is refused for nothing but a missing right. */
const OPERATIONS: Readonly<Record<string, { readonly grantable: boolean; readonly foreign: boolean; readonly input: object }>> = {
  Encrypt: { grantable: true, foreign: true, input: { Plaintext: 'AAAA' } },
  GenerateDataKey: { grantable: true, foreign: true, input: { KeySpec: 'AES_256' } },
  GenerateDataKeyWithoutPlaintext: { grantable: true, foreign: true, input: { KeySpec: 'AES_256' } },
  DescribeKey: { grantable: true, foreign: true, input: {} },
  GetKeyPolicy: { grantable: false, foreign: false, input: {} },
  ListResourceTags: { grantable: false, foreign: false, input: {} },
  ListGrants: { grantable: false, foreign: true, input: {} },
  GetKeyRotationStatus: { grantable: false, foreign: true, input: {} },
  EnableKey: { grantable: false, foreign: false, input: {} },
  UpdateKeyDescription: { grantable: false, foreign: false, input: { Description: 'walked' } },
};

const READ_ONLY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
let owner: TestAccount;
let root: Caller;
let stranger: TestAccount;
const users: Record<string, TestUser> = {};
beforeAll(async () => {
  const cluster = testCluster();
  owner = await anotherAccount(cluster);
  stranger = await anotherAccount(cluster);
  root = new Caller({ account: owner });
  const [iam, abroad] = [iamClient({ account: owner }), iamClient({ account: stranger })];
  const may = (client: typeof iam, { name: UserName }: TestUser, effect: 'Allow' | 'Deny' = 'Allow') =>
    client.send(new PutUserPolicyCommand({ UserName, PolicyName: effect, PolicyDocument: policyDocument(effect, 'kms:*') }));
  for (const name of ['without', 'with', 'denied', 'bounded']) users[name] = await aUser(iam, owner);
  for (const name of ['abroadWithout', 'abroadWith']) users[name] = await aUser(abroad, stranger);
  for (const name of ['with', 'denied', 'bounded']) await may(iam, users[name]!);
  await may(iam, users['denied']!, 'Deny');
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: users['bounded']!.name, PermissionsBoundary: READ_ONLY }));
  await may(abroad, users['abroadWith']!);
}, 120_000);
afterAll(() => root[Symbol.dispose]());

const allow = (AWS: string, Action: string) => ({ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' });

/** A key whose policy leaves its account the rest and says of this user, or of accounts, what the situation needs. */
async function keyFor(statements: object[], delegates: boolean): Promise<string> {
  const own = allow(`arn:aws:iam::${owner.accountId}:root`, delegates ? 'kms:*' : 'kms:PutKeyPolicy');
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [own, ...statements] });
  const { body } = await root.ok('CreateKey', { Policy, BypassPolicyLockoutSafetyCheck: true });
  return (body['KeyMetadata'] as { Arn: string }).Arn;
}

interface Situation {
  readonly user: string;
  readonly keyPolicy: 'names' | 'denies' | 'silent';
  readonly delegates: boolean;
  readonly grant?: true;
  readonly allowed: (operation: { readonly grantable: boolean; readonly foreign: boolean }) => boolean;
}

const yes = () => true;
const no = () => false;
const SITUATIONS: Readonly<Record<string, Situation>> = {
  'no right': { user: 'without', keyPolicy: 'silent', delegates: true, allowed: no },
  'the key policy alone': { user: 'without', keyPolicy: 'names', delegates: false, allowed: yes },
  'IAM alone, with the statement for the account': { user: 'with', keyPolicy: 'silent', delegates: true, allowed: yes },
  'IAM alone, without the statement for the account': { user: 'with', keyPolicy: 'silent', delegates: false, allowed: no },
  'a grant': { user: 'without', keyPolicy: 'silent', delegates: true, grant: true, allowed: ({ grantable }) => grantable },
  'another account, the key policy alone': { user: 'abroadWithout', keyPolicy: 'names', delegates: true, allowed: no },
  'another account, IAM alone': { user: 'abroadWith', keyPolicy: 'silent', delegates: true, allowed: no },
  'another account, both': { user: 'abroadWith', keyPolicy: 'names', delegates: true, allowed: ({ foreign }) => foreign },
  'an explicit deny in IAM': { user: 'denied', keyPolicy: 'names', delegates: true, allowed: no },
  'an explicit deny in the key policy': { user: 'with', keyPolicy: 'denies', delegates: true, allowed: no },
  'a boundary that says nothing of KMS': { user: 'bounded', keyPolicy: 'silent', delegates: true, allowed: no },
  'a boundary, and a key policy that names the user': { user: 'bounded', keyPolicy: 'names', delegates: true, allowed: yes },
};

const GRANTED = Object.keys(OPERATIONS).filter((name) => OPERATIONS[name]?.grantable);

describe('every operation in every situation', () => {
  let asked = 0;
  test.each(Object.entries(SITUATIONS))('%s', async (_name, { user: name, keyPolicy, delegates, grant, allowed }) => {
    const user = users[name]!;
    const statement = { ...allow(user.arn, 'kms:*'), ...(keyPolicy === 'denies' ? { Effect: 'Deny' } : {}) };
    const KeyId = await keyFor(keyPolicy === 'silent' ? [] : [statement], delegates);
    if (grant) await root.ok('CreateGrant', { KeyId, GranteePrincipal: user.arn, Operations: GRANTED });
    using caller = callerOf(user);
    for (const [operation, { input, ...traits }] of Object.entries(OPERATIONS)) {
      const { error } = await caller.kms(operation, { KeyId, ...input });
      expect([operation, error]).toEqual([operation, allowed(traits) ? undefined : 'AccessDeniedException']);
      asked++;
    }
  });

  test('was walked', () => {
    console.log(`${String(asked)} decisions`);
    expect(asked).toBe(Object.keys(SITUATIONS).length * Object.keys(OPERATIONS).length);
  });
});
