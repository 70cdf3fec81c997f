import {
  AddUserToGroupCommand,
  CreateGroupCommand,
  DeleteGroupCommand,
  GetGroupCommand,
  ListGroupsCommand,
  PutGroupPolicyCommand,
  RemoveUserFromGroupCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../../fixtures/caller.ts';
import { aUser, callerOf, expectRefusal, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';

const root = new Caller();
const { account } = root;
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

describe('groups', () => {
  test('are made, told of, renamed, listed and removed', async () => {
    const path = `/${freshName('path')}/`;
    const [GroupName, NewGroupName] = [freshName('Staff'), freshName('Crew')];
    const { Group } = await iam.send(new CreateGroupCommand({ GroupName, Path: path }));
    expect(Group).toMatchObject({ GroupName, Path: path, Arn: `arn:aws:iam::${account.accountId}:group${path}${GroupName}` });
    expect(Group?.GroupId).toMatch(/^AGPA[A-Z2-7]{17}$/);
    await expectRefusal(
      iam.send(new CreateGroupCommand({ GroupName })),
      'EntityAlreadyExistsException',
      409,
      `Group with name ${GroupName} already exists.`,
    );
    await iam.send(new UpdateGroupCommand({ GroupName, NewGroupName }));
    expect((await iam.send(new ListGroupsCommand({ PathPrefix: path }))).Groups).toMatchObject([
      { GroupName: NewGroupName, GroupId: Group?.GroupId },
    ]);
    expect(await iam.send(new GetGroupCommand({ GroupName: NewGroupName }))).toMatchObject({
      Group: { GroupName: NewGroupName },
      Users: [],
    });
    await iam.send(new DeleteGroupCommand({ GroupName: NewGroupName }));
    await expectRefusal(
      iam.send(new GetGroupCommand({ GroupName: NewGroupName })),
      'NoSuchEntityException',
      404,
      `The group with name ${NewGroupName} cannot be found.`,
    );
  });

  test("a group's policy is its users' as long as they are in it", async () => {
    const GroupName = freshName('group');
    await iam.send(new CreateGroupCommand({ GroupName }));
    await iam.send(new PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument: policyDocument('Allow', 'kms:ListKeys') }));
    const bob = await aUser(iam, account);
    using caller = callerOf(bob);
    const list = async () => (await caller.kms('ListKeys')).error;
    expect(await list()).toBe('AccessDeniedException');
    await iam.send(new AddUserToGroupCommand({ GroupName, UserName: bob.name }));
    expect(await list()).toBeUndefined();
    expect((await iam.send(new GetGroupCommand({ GroupName }))).Users).toMatchObject([{ UserName: bob.name, Arn: bob.arn }]);
    await expectRefusal(iam.send(new DeleteGroupCommand({ GroupName })), 'DeleteConflictException', 409);
    await iam.send(new PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument: policyDocument('Deny', 'kms:ListKeys') }));
    expect(await list()).toBe('AccessDeniedException');
    await iam.send(new PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument: policyDocument('Allow', 'kms:ListKeys') }));
    expect(await list()).toBeUndefined();
    await iam.send(new RemoveUserFromGroupCommand({ GroupName, UserName: bob.name }));
    expect(await list()).toBe('AccessDeniedException');
    await expectRefusal(iam.send(new RemoveUserFromGroupCommand({ GroupName, UserName: bob.name })), 'NoSuchEntityException', 404);
  });
});
