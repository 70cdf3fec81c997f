import {
  AddUserToGroupCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  GetUserCommand,
  ListGroupsForUserCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  paginateListUsers,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../../fixtures/caller.ts';
import { aUser, callerOf, expectRefusal, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';
import { aKey } from '../../fixtures/keys.ts';
import { recordOf } from '../../fixtures/records.ts';

const root = new Caller();
const { account } = root;
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

const arnOf = (path: string, name: string): string => `arn:aws:iam::${account.accountId}:user${path}${name}`;

describe('users are made, told of, renamed and removed', () => {
  const UserName = freshName('Bob');

  test('CreateUser answers id, path and ARN, and is recorded with what it answered', async () => {
    const { User, $metadata } = await iam.send(new CreateUserCommand({ UserName, Path: '/dev/', Tags: [{ Key: 'team', Value: 'blue' }] }));
    expect(User).toMatchObject({ UserName, Path: '/dev/', Arn: arnOf('/dev/', UserName), Tags: [{ Key: 'team', Value: 'blue' }] });
    expect(User?.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/);
    expect(User?.CreateDate).toBeInstanceOf(Date);
    const record = await recordOf(root, 'CreateUser', { requestId: $metadata.requestId ?? '' });
    expect(record).toMatchObject({
      eventSource: 'iam.amazonaws.com',
      readOnly: false,
      requestParameters: { userName: UserName, path: '/dev/' },
      responseElements: { user: { userName: UserName, arn: User?.Arn } },
    });
  });

  test('a name is taken in every case of its letters', async () => {
    await expectRefusal(
      iam.send(new CreateUserCommand({ UserName: UserName.toLowerCase() })),
      'EntityAlreadyExistsException',
      409,
      `User with name ${UserName.toLowerCase()} already exists.`,
    );
  });

  test('GetUser finds it whatever the case, and without a name tells of the caller', async () => {
    expect((await iam.send(new GetUserCommand({ UserName: UserName.toUpperCase() }))).User).toMatchObject({ UserName });
    expect((await iam.send(new GetUserCommand({}))).User).toMatchObject({
      UserId: account.accountId,
      Arn: `arn:aws:iam::${account.accountId}:root`,
    });
    const name = freshName();
    await expectRefusal(
      iam.send(new GetUserCommand({ UserName: name })),
      'NoSuchEntityException',
      404,
      `The user with name ${name} cannot be found.`,
    );
  });

  test('tags are added, overwritten whatever their case, listed and taken off', async () => {
    await iam.send(
      new TagUserCommand({
        UserName,
        Tags: [
          { Key: 'Team', Value: 'red' },
          { Key: 'cost', Value: '1' },
        ],
      }),
    );
    expect((await iam.send(new ListUserTagsCommand({ UserName }))).Tags).toEqual([
      { Key: 'Team', Value: 'red' },
      { Key: 'cost', Value: '1' },
    ]);
    await iam.send(new UntagUserCommand({ UserName, TagKeys: ['TEAM'] }));
    expect(await iam.send(new ListUserTagsCommand({ UserName }))).toMatchObject({ Tags: [{ Key: 'cost' }], IsTruncated: false });
    const twice = [
      { Key: 'a', Value: '1' },
      { Key: 'A', Value: '2' },
    ];
    await expectRefusal(iam.send(new TagUserCommand({ UserName, Tags: twice })), 'InvalidInputException', 400, /^Duplicate tag keys found/);
  });

  test('UpdateUser gives another name and path, and the id stays', async () => {
    const before = (await iam.send(new GetUserCommand({ UserName }))).User;
    const NewUserName = freshName('Robert');
    await iam.send(new UpdateUserCommand({ UserName, NewUserName, NewPath: '/ops/' }));
    expect((await iam.send(new GetUserCommand({ UserName: NewUserName }))).User).toMatchObject({
      UserId: before?.UserId,
      Arn: arnOf('/ops/', NewUserName),
    });
    await iam.send(new UpdateUserCommand({ UserName: NewUserName, NewUserName: UserName }));
  });

  test('ListUsers lists by path, page by page', async () => {
    const path = `/${freshName('page')}/`;
    const names = ['c', 'A', 'b'].map((letter) => freshName(letter));
    for (const name of names) await iam.send(new CreateUserCommand({ UserName: name, Path: path }));
    const found: (string | undefined)[] = [];
    for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: path })) {
      found.push(...(page.Users ?? []).map((user) => user.UserName));
    }
    expect(found).toEqual([...names].sort((left, right) => left.toLowerCase().localeCompare(right.toLowerCase())));
    expect(await iam.send(new ListUsersCommand({ PathPrefix: `${path}none/` }))).toMatchObject({ Users: [], IsTruncated: false });
    await expectRefusal(iam.send(new ListUsersCommand({ Marker: 'none of ours' })), 'ValidationError', 400);
  });

  test('ListGroupsForUser lists the groups of a user, who is not removed before', async () => {
    const GroupName = freshName('group');
    await iam.send(new CreateGroupCommand({ GroupName }));
    await iam.send(new AddUserToGroupCommand({ GroupName, UserName }));
    expect((await iam.send(new ListGroupsForUserCommand({ UserName }))).Groups).toMatchObject([{ GroupName }]);
    await expectRefusal(
      iam.send(new DeleteUserCommand({ UserName })),
      'DeleteConflictException',
      409,
      'Cannot delete entity, must remove users from group first.',
    );
  });

  test('DeleteUser removes a user that holds nothing', async () => {
    const name = freshName();
    await iam.send(new CreateUserCommand({ UserName: name }));
    await iam.send(new DeleteUserCommand({ UserName: name }));
    await expectRefusal(iam.send(new DeleteUserCommand({ UserName: name })), 'NoSuchEntityException', 404);
  });

  test.each([
    [{ UserName: 'no spaces' }, /'userName' failed to satisfy constraint: Member must satisfy regular expression pattern/],
    [{ UserName: 'bob', Path: 'dev' }, /'path' failed to satisfy constraint/],
    [{ UserName: 'x'.repeat(65) }, /length less than or equal to 64/],
  ])('%o is a ValidationError', async (input, message) => {
    await expectRefusal(iam.send(new CreateUserCommand(input)), 'ValidationError', 400, message);
  });

  test('it may be signed for any region', async () => {
    const elsewhere = iamClient({ region: 'ap-southeast-2' });
    expect((await elsewhere.send(new GetUserCommand({ UserName }))).User).toMatchObject({ UserName });
    elsewhere.destroy();
  });
});

describe('what users may do', () => {
  test('a user does with a key what a policy of it allows, from the answer on and no longer than that', async () => {
    const key = await aKey(root);
    const bob = await aUser(iam, account, '/dev/');
    using caller = callerOf(bob);
    const encrypt = () => caller.kms('Encrypt', { KeyId: key.id, Plaintext: 'AA==' });
    expect(await encrypt()).toMatchObject({
      error: 'AccessDeniedException',
      message: `User: ${bob.arn} is not authorized to perform: kms:Encrypt on resource: ${key.arn} because no identity-based policy allows the kms:Encrypt action`,
    });
    const PolicyDocument = policyDocument('Allow', 'kms:Encrypt', key.arn);
    await iam.send(new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'p', PolicyDocument }));
    const allowed = await encrypt();
    expect(allowed.status).toBe(200);
    expect(await recordOf(root, 'Encrypt', allowed)).toMatchObject({
      userIdentity: { type: 'IAMUser', userName: bob.name, principalId: bob.id, arn: bob.arn, accessKeyId: bob.account.accessKeyId },
    });
    expect((await caller.kms('DescribeKey', { KeyId: key.id })).error).toBe('AccessDeniedException');
    await iam.send(new DeleteUserPolicyCommand({ UserName: bob.name, PolicyName: 'p' }));
    expect((await encrypt()).error).toBe('AccessDeniedException');
  });

  test('a boundary limits what policies allow', async () => {
    const key = await aKey(root);
    const bob = await aUser(iam, account);
    using caller = callerOf(bob);
    const describe = () => caller.kms('DescribeKey', { KeyId: key.id });
    await iam.send(new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'all', PolicyDocument: policyDocument('Allow', 'kms:*') }));
    expect((await describe()).status).toBe(200);
    const limit = new CreatePolicyCommand({ PolicyName: freshName('limit'), PolicyDocument: policyDocument('Allow', 'kms:Encrypt') });
    const PermissionsBoundary = (await iam.send(limit)).Policy!.Arn!;
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: bob.name, PermissionsBoundary }));
    expect((await describe()).message).toContain('because no permissions boundary allows the kms:DescribeKey action');
    expect((await iam.send(new GetUserCommand({ UserName: bob.name }))).User?.PermissionsBoundary).toEqual({
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: PermissionsBoundary,
    });
    await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: bob.name }));
    expect((await describe()).status).toBe(200);
  });

  test('IAM itself asks the policies: on a user, its ARN with the path', async () => {
    const bob = await aUser(iam, account, '/dev/');
    const asBob = iamClient({ account: bob.account });
    await expectRefusal(
      asBob.send(new GetUserCommand({})),
      'AccessDenied',
      403,
      `User: ${bob.arn} is not authorized to perform: iam:GetUser on resource: ${bob.arn} because no identity-based policy allows the iam:GetUser action`,
    );
    const PolicyDocument = policyDocument('Allow', ['iam:GetUser', 'iam:CreateAccessKey'], arnOf('/dev/', '*'));
    await iam.send(new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'self', PolicyDocument }));
    expect((await asBob.send(new GetUserCommand({}))).User).toMatchObject({ UserName: bob.name });
    expect((await asBob.send(new CreateAccessKeyCommand({}))).AccessKey).toMatchObject({ UserName: bob.name });
    const other = await aUser(iam, account, '/ops/');
    await expectRefusal(asBob.send(new GetUserCommand({ UserName: other.name })), 'AccessDenied', 403);
    asBob.destroy();
  });
});
