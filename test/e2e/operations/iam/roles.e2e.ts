import {
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { firstAccount, testCluster } from '../../fixtures/cluster.ts';
import { expectRefusal, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';

const { accountId } = firstAccount(testCluster());
const iam = iamClient();
afterAll(() => iam.destroy());

function trust(principal: unknown, action = 'sts:AssumeRole'): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Principal: principal }] });
}

const AssumeRolePolicyDocument = trust({ AWS: `arn:aws:iam::${accountId}:root` });

async function aRole(): Promise<string> {
  const RoleName = freshName('role');
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  return RoleName;
}

describe('roles', () => {
  test('CreateRole answers what GetRole tells', async () => {
    const RoleName = freshName('Role');
    const input = { RoleName, AssumeRolePolicyDocument, Path: '/ci/', Description: 'builds', MaxSessionDuration: 7_200 };
    const { Role } = await iam.send(new CreateRoleCommand({ ...input, Tags: [{ Key: 'team', Value: 'blue' }] }));
    expect(Role).toMatchObject({ RoleName, Path: '/ci/', Arn: `arn:aws:iam::${accountId}:role/ci/${RoleName}`, MaxSessionDuration: 7_200 });
    expect(Role?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
    const told = (await iam.send(new GetRoleCommand({ RoleName }))).Role;
    expect(told).toMatchObject({ RoleId: Role?.RoleId, Description: 'builds', Tags: [{ Key: 'team', Value: 'blue' }], RoleLastUsed: {} });
    expect(decodeURIComponent(told?.AssumeRolePolicyDocument ?? '')).toBe(AssumeRolePolicyDocument);
    await expectRefusal(
      iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })),
      'EntityAlreadyExistsException',
      409,
      `Role with name ${RoleName} already exists.`,
    );
  });

  test.each([
    ['that names no principal', trust(undefined), /has no Principal/],
    [
      'with an action that is not of STS',
      trust({ AWS: accountId }, 'kms:Encrypt'),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    [
      'with a resource',
      JSON.stringify({ Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' } }),
      'Has prohibited field Resource.',
    ],
    [
      'that names a user who is not there',
      trust({ AWS: `arn:aws:iam::${accountId}:user/nobody` }),
      `Invalid principal in policy: "AWS":"arn:aws:iam::${accountId}:user/nobody"`,
    ],
    ['that names an account which is not there', trust({ AWS: '999999999999' }), 'Invalid principal in policy: "AWS":"999999999999"'],
  ])('a trust policy %s is malformed', async (_, document, message) => {
    const input = { RoleName: freshName(), AssumeRolePolicyDocument: document };
    await expectRefusal(iam.send(new CreateRoleCommand(input)), 'MalformedPolicyDocumentException', 400, message);
  });

  test('description, longest session and trust policy change', async () => {
    const RoleName = await aRole();
    await iam.send(new UpdateRoleCommand({ RoleName, Description: 'one', MaxSessionDuration: 3_600 }));
    expect((await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: 'two' }))).Role).toMatchObject({ Description: 'two' });
    const PolicyDocument = trust({ Federated: `arn:aws:iam::${accountId}:oidc-provider/issuer.example` }, 'sts:AssumeRoleWithWebIdentity');
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(Role).toMatchObject({ Description: 'two', MaxSessionDuration: 3_600 });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(PolicyDocument);
    await expectRefusal(
      iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 60 })),
      'ValidationError',
      400,
      /'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600/,
    );
  });

  test('tags and boundary are set and taken off', async () => {
    const RoleName = await aRole();
    await iam.send(
      new TagRoleCommand({
        RoleName,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'ü', Value: '2' },
        ],
      }),
    );
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['a'] }));
    expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual([{ Key: 'ü', Value: '2' }]);
    const limit = new CreatePolicyCommand({ PolicyName: freshName('limit'), PolicyDocument: policyDocument('Allow', 'kms:*') });
    const PermissionsBoundary = (await iam.send(limit)).Policy!.Arn!;
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
    expect((await iam.send(new GetRoleCommand({ RoleName }))).Role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(PermissionsBoundary);
    await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
    expect((await iam.send(new GetRoleCommand({ RoleName }))).Role?.PermissionsBoundary).toBeUndefined();
    await expectRefusal(iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })), 'NoSuchEntityException', 404);
  });

  test('ListRoles lists by path, and a role that holds nothing is removed', async () => {
    const Path = `/${freshName('path')}/`;
    const RoleName = freshName('role');
    await iam.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument }));
    expect((await iam.send(new ListRolesCommand({ PathPrefix: Path }))).Roles).toMatchObject([{ RoleName }]);
    expect(await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))).toMatchObject({
      InstanceProfiles: [],
      IsTruncated: false,
    });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: policyDocument('Allow', 'kms:*') }));
    await expectRefusal(iam.send(new DeleteRoleCommand({ RoleName })), 'DeleteConflictException', 409);
    const other = await aRole();
    await iam.send(new DeleteRoleCommand({ RoleName: other }));
    await expectRefusal(
      iam.send(new GetRoleCommand({ RoleName: other })),
      'NoSuchEntityException',
      404,
      `The role with name ${other} cannot be found.`,
    );
  });
});
