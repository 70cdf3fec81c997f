import {
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteUserCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  ListAttachedGroupPoliciesCommand,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../../fixtures/caller.ts';
import { aUser, callerOf, expectRefusal, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';

const root = new Caller();
const { account } = root;
const iam = iamClient();
const [UserName, GroupName, RoleName] = [freshName('user'), freshName('group'), freshName('role')];
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
beforeAll(async () => {
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: account.accountId } };
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new CreateGroupCommand({ GroupName }));
  await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }) }),
  );
});
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

async function aPolicy(Path = '/'): Promise<string> {
  const input = { PolicyName: freshName('policy'), Path, PolicyDocument: policyDocument('Allow', 'kms:ListKeys') };
  return (await iam.send(new CreatePolicyCommand(input))).Policy!.Arn!;
}

/** The same for each holder. */
const holders = [
  {
    kind: 'User',
    attach: (PolicyArn: string) => iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn })),
    detach: (PolicyArn: string) => iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn })),
    list: (more: object = {}) => iam.send(new ListAttachedUserPoliciesCommand({ UserName, ...more })),
  },
  {
    kind: 'Group',
    attach: (PolicyArn: string) => iam.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn })),
    detach: (PolicyArn: string) => iam.send(new DetachGroupPolicyCommand({ GroupName, PolicyArn })),
    list: (more: object = {}) => iam.send(new ListAttachedGroupPoliciesCommand({ GroupName, ...more })),
  },
  {
    kind: 'Role',
    attach: (PolicyArn: string) => iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })),
    detach: (PolicyArn: string) => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
    list: (more: object = {}) => iam.send(new ListAttachedRolePoliciesCommand({ RoleName, ...more })),
  },
] as const;

describe.each(holders)('managed policies on a $kind', ({ kind, attach, detach, list }) => {
  test('are attached, twice without harm, listed by path and detached', async () => {
    const Path = `/${freshName('path')}/`;
    const arn = await aPolicy(Path);
    await attach(arn);
    await attach(arn);
    await attach(ADMIN);
    expect(await list({ PathPrefix: Path })).toMatchObject({
      AttachedPolicies: [{ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf('/') + 1) }],
      IsTruncated: false,
    });
    const page = await list({ MaxItems: 1 });
    expect(page).toMatchObject({ IsTruncated: true, AttachedPolicies: [{}] });
    expect((await list({ Marker: page.Marker })).AttachedPolicies).toHaveLength(1);
    await detach(arn);
    await detach(ADMIN);
    await expectRefusal(detach(arn), 'NoSuchEntityException', 404, `Policy ${arn} was not found.`);
    expect((await list()).AttachedPolicies).toEqual([]);
  });

  test('one that is not there is not attached', async () => {
    const arn = `arn:aws:iam::${account.accountId}:policy/none-of-these`;
    await expectRefusal(attach(arn), 'NoSuchEntityException', 404, `Policy ${arn} does not exist or is not attachable.`);
  });

  test('ten are attached at most', async () => {
    const arns = await Promise.all(Array.from({ length: 11 }, () => aPolicy()));
    for (const arn of arns.slice(0, 10)) await attach(arn);
    await expectRefusal(attach(arns[10]!), 'LimitExceededException', 409, `Cannot exceed quota for PoliciesPer${kind}: 10`);
    for (const arn of arns.slice(0, 10)) await detach(arn);
  });
});

test('a detached policy is obeyed by the next request, and a user with one is not removed', async () => {
  const bob = await aUser(iam, account);
  using caller = callerOf(bob);
  const PolicyArn = await aPolicy();
  const list = async () => (await caller.kms('ListKeys')).error;
  for (let round = 0; round < 5; round++) {
    await iam.send(new AttachUserPolicyCommand({ UserName: bob.name, PolicyArn }));
    expect(await list()).toBeUndefined();
    if (round === 0) {
      await expectRefusal(
        iam.send(new DeleteUserCommand({ UserName })).then(() => iam.send(new DeleteUserCommand({ UserName: bob.name }))),
        'DeleteConflictException',
        409,
      );
    }
    await iam.send(new DetachUserPolicyCommand({ UserName: bob.name, PolicyArn }));
    expect(await list()).toBe('AccessDeniedException');
  }
});
