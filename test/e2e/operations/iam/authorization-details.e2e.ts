import {
  AddUserToGroupCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  GetAccountAuthorizationDetailsCommand,
  paginateGetAccountAuthorizationDetails,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  TagUserCommand,
  type EntityType,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anotherAccount, testCluster, type TestAccount } from '../../fixtures/cluster.ts';
import { aUser, expectRefusal, iamClient, policyDocument, type TestUser } from '../../fixtures/iam.ts';

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const document = policyDocument('Allow', 'kms:*');
const encoded = encodeURIComponent(document).replaceAll('*', '%2A');

/** Who may do what in an account of the test's own, so that all of it is known. */
describe('GetAccountAuthorizationDetails', () => {
  let account: TestAccount;
  let iam: ReturnType<typeof iamClient>;
  let bob: TestUser;
  let managed: string;
  beforeAll(async () => {
    account = await anotherAccount(testCluster());
    iam = iamClient({ account });
    bob = await aUser(iam, account);
    await iam.send(new CreateGroupCommand({ GroupName: 'devs' }));
    await iam.send(new PutGroupPolicyCommand({ GroupName: 'devs', PolicyName: 'theirs', PolicyDocument: document }));
    await iam.send(new AddUserToGroupCommand({ GroupName: 'devs', UserName: bob.name }));
    await iam.send(new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'own', PolicyDocument: document }));
    await iam.send(new AttachUserPolicyCommand({ UserName: bob.name, PolicyArn: ADMINISTRATOR }));
    managed = (await iam.send(new CreatePolicyCommand({ PolicyName: 'limit', PolicyDocument: document }))).Policy!.Arn!;
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn: managed, PolicyDocument: document, SetAsDefault: true }));
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: bob.name, PermissionsBoundary: managed }));
    await iam.send(new TagUserCommand({ UserName: bob.name, Tags: [{ Key: 'team', Value: 'blue' }] }));
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: bob.arn }, Action: 'sts:AssumeRole' },
    });
    await iam.send(new CreateRoleCommand({ RoleName: 'worker', AssumeRolePolicyDocument }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'worker', PolicyArn: managed }));
  }, 120_000);
  afterAll(() => iam.destroy());

  test('tells of users, groups, roles and policies, and who has which', async () => {
    const { UserDetailList, GroupDetailList, RoleDetailList, Policies, IsTruncated } = await iam.send(
      new GetAccountAuthorizationDetailsCommand({}),
    );
    expect(IsTruncated).toBe(false);
    expect(UserDetailList).toEqual([
      {
        Path: '/',
        UserName: bob.name,
        UserId: bob.id,
        Arn: bob.arn,
        CreateDate: expect.any(Date),
        UserPolicyList: [{ PolicyName: 'own', PolicyDocument: encoded }],
        GroupList: ['devs'],
        AttachedManagedPolicies: [{ PolicyName: 'AdministratorAccess', PolicyArn: ADMINISTRATOR }],
        PermissionsBoundary: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: managed },
        Tags: [{ Key: 'team', Value: 'blue' }],
      },
    ]);
    expect(GroupDetailList).toMatchObject([
      { GroupName: 'devs', GroupPolicyList: [{ PolicyName: 'theirs', PolicyDocument: encoded }], AttachedManagedPolicies: [] },
    ]);
    expect(RoleDetailList).toMatchObject([
      { RoleName: 'worker', InstanceProfileList: [], AttachedManagedPolicies: [{ PolicyName: 'limit', PolicyArn: managed }] },
    ]);
    expect(decodeURIComponent(RoleDetailList?.[0]?.AssumeRolePolicyDocument ?? '')).toContain(bob.arn);
    expect(Policies?.find(({ Arn }) => Arn === managed)).toMatchObject({
      PolicyName: 'limit',
      DefaultVersionId: 'v2',
      AttachmentCount: 1,
      PermissionsBoundaryUsageCount: 1,
      PolicyVersionList: [
        { VersionId: 'v2', IsDefaultVersion: true, Document: encoded },
        { VersionId: 'v1', IsDefaultVersion: false, Document: encoded },
      ],
    });
    expect(Policies?.find(({ Arn }) => Arn === ADMINISTRATOR)).toMatchObject({ AttachmentCount: 1 });
  });

  test.each<[EntityType[], string[]]>([
    [['User'], ['user']],
    [
      ['Role', 'Group'],
      ['devs', 'worker'],
    ],
    [['LocalManagedPolicy'], ['limit']],
    [
      ['AWSManagedPolicy'],
      ['AWSKeyManagementServicePowerUser', 'AdministratorAccess', 'IAMFullAccess', 'IAMReadOnlyAccess', 'PowerUserAccess'],
    ],
  ])('of %j alone where that is asked', async (Filter, names) => {
    const found: string[] = [];
    for await (const page of paginateGetAccountAuthorizationDetails({ client: iam, pageSize: 2 }, { Filter })) {
      const { UserDetailList = [], GroupDetailList = [], RoleDetailList = [], Policies = [] } = page;
      expect(UserDetailList.length + GroupDetailList.length + RoleDetailList.length + Policies.length).toBeLessThanOrEqual(2);
      found.push(...UserDetailList.map(() => 'user'), ...GroupDetailList.map((one) => one.GroupName!));
      found.push(...RoleDetailList.map((one) => one.RoleName!), ...Policies.map((one) => one.PolicyName!));
    }
    expect(found).toEqual(names);
  });

  test('a marker that no answer gave, and a caller without the right, are refused', async () => {
    await expectRefusal(iam.send(new GetAccountAuthorizationDetailsCommand({ Marker: '!' })), 'ValidationError', 400);
    const eve = await aUser(iam, account);
    const own = iamClient({ account: eve.account });
    await expectRefusal(own.send(new GetAccountAuthorizationDetailsCommand({})), 'AccessDenied', 403);
    own.destroy();
  });
});
