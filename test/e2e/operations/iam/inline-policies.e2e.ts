import {
  CreateGroupCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteGroupPolicyCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetGroupPolicyCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  ListGroupPoliciesCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { firstAccount, testCluster } from '../../fixtures/cluster.ts';
import { expectRefusal, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';

const iam = iamClient();
const { accountId } = firstAccount(testCluster());
const [UserName, GroupName, RoleName] = [freshName('user'), freshName('group'), freshName('role')];
const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: accountId } };
beforeAll(async () => {
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new CreateGroupCommand({ GroupName }));
  await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }) }),
  );
});
afterAll(() => iam.destroy());

const PolicyDocument = policyDocument('Allow', 'kms:Encrypt', '*', { Condition: { StringEquals: { 'aws:username': "o'brien (x)*!" } } });
const PolicyName = 'in.line+1';

/** The same for each holder. */
const holders = [
  {
    kind: 'user',
    put: (document = PolicyDocument, name = PolicyName) =>
      iam.send(new PutUserPolicyCommand({ UserName, PolicyName: name, PolicyDocument: document })),
    get: () => iam.send(new GetUserPolicyCommand({ UserName, PolicyName })),
    list: () => iam.send(new ListUserPoliciesCommand({ UserName })),
    remove: () => iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName })),
    quota: 2_048,
  },
  {
    kind: 'group',
    put: (document = PolicyDocument, name = PolicyName) =>
      iam.send(new PutGroupPolicyCommand({ GroupName, PolicyName: name, PolicyDocument: document })),
    get: () => iam.send(new GetGroupPolicyCommand({ GroupName, PolicyName })),
    list: () => iam.send(new ListGroupPoliciesCommand({ GroupName })),
    remove: () => iam.send(new DeleteGroupPolicyCommand({ GroupName, PolicyName })),
    quota: 5_120,
  },
  {
    kind: 'role',
    put: (document = PolicyDocument, name = PolicyName) =>
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument: document })),
    get: () => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
    list: () => iam.send(new ListRolePoliciesCommand({ RoleName })),
    remove: () => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })),
    quota: 10_240,
  },
] as const;

describe.each(holders)('policies inside a $kind', ({ kind, put, get, list, remove, quota }) => {
  test('are written, read URL-encoded, listed and removed', async () => {
    await put();
    const { PolicyDocument: encoded = '' } = await get();
    expect(encoded).toMatch(/^%7B%22Version%22%3A/);
    expect(encoded).not.toMatch(/[^A-Za-z0-9%._~-]/);
    expect(decodeURIComponent(encoded)).toBe(PolicyDocument);
    expect(await list()).toMatchObject({ PolicyNames: [PolicyName], IsTruncated: false });
    await remove();
    await expectRefusal(get(), 'NoSuchEntityException', 404, `The ${kind} policy with name ${PolicyName} cannot be found.`);
    await expectRefusal(remove(), 'NoSuchEntityException', 404);
    expect((await list()).PolicyNames).toEqual([]);
  });

  test('together they have a quota that white space does not count for', async () => {
    const long = (length: number) =>
      policyDocument('Allow', 'kms:Encrypt', `*`, {
        Sid: 'x'.repeat(length - policyDocument('Allow', 'kms:Encrypt', '*', { Sid: '' }).length),
      });
    await put(long(quota).replaceAll(',', ',\n   '));
    await expectRefusal(put(PolicyDocument, 'one-more'), 'LimitExceededException', 409, /^Maximum policy size of \d+ bytes exceeded for /);
    await remove();
  });

  test.each([
    ['no JSON', 'Encrypt, please', /^This policy contains invalid Json/],
    ['a principal', policyDocument('Allow', 'kms:Encrypt', '*', { Principal: '*' }), 'Policy document should not specify a principal.'],
    [
      'no resource',
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Encrypt"}}',
      'Policy statement must contain resources.',
    ],
    ['an unknown element', policyDocument('Allow', 'kms:Encrypt', '*', { Recource: '*' }), /unknown element "Recource"/],
  ])('%s is malformed', async (_, document, message) => {
    await expectRefusal(put(document), 'MalformedPolicyDocumentException', 400, message);
  });
});

test('a user with a policy inside is not removed', async () => {
  await holders[0].put();
  await expectRefusal(
    iam.send(new DeleteUserCommand({ UserName })),
    'DeleteConflictException',
    409,
    'Cannot delete entity, must delete policies first.',
  );
});
