import {
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyTagsCommand,
  ListPolicyVersionsCommand,
  PutUserPermissionsBoundaryCommand,
  SetDefaultPolicyVersionCommand,
  TagPolicyCommand,
  UntagPolicyCommand,
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

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';

async function aPolicy(action: string, more: { readonly Path?: string } = {}): Promise<string> {
  const input = { PolicyName: freshName('policy'), PolicyDocument: policyDocument('Allow', action), ...more };
  return (await iam.send(new CreatePolicyCommand(input))).Policy!.Arn!;
}

describe('managed policies', () => {
  test('CreatePolicy answers what GetPolicy tells; names are unique in every case', async () => {
    const PolicyName = freshName('Policy');
    const PolicyDocument = policyDocument('Allow', 'kms:Encrypt');
    const Tags = [{ Key: 'team', Value: 'blue' }];
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, Path: '/dev/', Description: 'd', PolicyDocument, Tags }));
    expect(Policy).toMatchObject({
      PolicyName,
      Arn: `arn:aws:iam::${account.accountId}:policy/dev/${PolicyName}`,
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      IsAttachable: true,
    });
    expect(Policy?.PolicyId).toMatch(/^ANPA[A-Z2-7]{17}$/);
    expect((await iam.send(new GetPolicyCommand({ PolicyArn: Policy!.Arn }))).Policy).toMatchObject({ Description: 'd', Tags });
    await expectRefusal(
      iam.send(new CreatePolicyCommand({ PolicyName: PolicyName.toUpperCase(), PolicyDocument })),
      'EntityAlreadyExistsException',
      409,
      `A policy called ${PolicyName.toUpperCase()} already exists. Duplicate names are not allowed.`,
    );
  });

  test('versions are added up to five, one is the default, which users feel from the answer on', async () => {
    const PolicyArn = await aPolicy('kms:ListKeys');
    const bob = await aUser(iam, account);
    using caller = callerOf(bob);
    await iam.send(new AttachUserPolicyCommand({ UserName: bob.name, PolicyArn }));
    const list = async () => (await caller.kms('ListKeys')).error;
    expect(await list()).toBeUndefined();
    const denial = policyDocument('Deny', 'kms:ListKeys');
    const { PolicyVersion } = await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: denial, SetAsDefault: true }));
    expect(PolicyVersion).toMatchObject({ VersionId: 'v2', IsDefaultVersion: true });
    expect(await list()).toBe('AccessDeniedException');
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
    expect(await list()).toBeUndefined();
    for (let i = 0; i < 3; i++) await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: denial }));
    await expectRefusal(iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: denial })), 'LimitExceededException', 409);
    const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }));
    expect(Versions?.map((version) => version.VersionId)).toEqual(['v5', 'v4', 'v3', 'v2', 'v1']);
    expect(Versions?.filter((version) => version.IsDefaultVersion)).toMatchObject([{ VersionId: 'v1' }]);
    const read = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
    expect(decodeURIComponent(read.PolicyVersion?.Document ?? '')).toBe(denial);
    await expectRefusal(
      iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' })),
      'DeleteConflictException',
      409,
      'Cannot delete the default version of a policy.',
    );
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v5' }));
    expect((await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: denial }))).PolicyVersion?.VersionId).toBe('v6');
    await expectRefusal(iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v5' })), 'NoSuchEntityException', 404);
  });

  test('ListEntitiesForPolicy tells who has it, and as what; DeletePolicy waits for them', async () => {
    const PolicyArn = await aPolicy('kms:*');
    const [attached, limited] = [freshName('a'), freshName('b')];
    for (const UserName of [attached, limited]) await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new AttachUserPolicyCommand({ UserName: attached, PolicyArn }));
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: limited, PermissionsBoundary: PolicyArn }));
    const entities = async (filter: object) => {
      const { PolicyUsers } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, ...filter }));
      return PolicyUsers?.map((user) => user.UserName);
    };
    expect(await entities({})).toEqual([attached, limited]);
    expect(await entities({ PolicyUsageFilter: 'PermissionsBoundary' })).toEqual([limited]);
    expect(await entities({ PolicyUsageFilter: 'PermissionsPolicy' })).toEqual([attached]);
    expect(await entities({ EntityFilter: 'Role' })).toEqual([]);
    expect((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy).toMatchObject({
      AttachmentCount: 1,
      PermissionsBoundaryUsageCount: 1,
    });
    await expectRefusal(
      iam.send(new DeletePolicyCommand({ PolicyArn })),
      'DeleteConflictException',
      409,
      'Cannot delete a policy attached to entities.',
    );
  });

  test('DeletePolicy removes a policy that has one version left', async () => {
    const PolicyArn = await aPolicy('kms:*');
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: policyDocument('Allow', 'kms:Get*') }));
    await expectRefusal(
      iam.send(new DeletePolicyCommand({ PolicyArn })),
      'DeleteConflictException',
      409,
      /^This policy has more than one version/,
    );
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
    await iam.send(new DeletePolicyCommand({ PolicyArn }));
    await expectRefusal(iam.send(new GetPolicyCommand({ PolicyArn })), 'NoSuchEntityException', 404, `Policy ${PolicyArn} was not found.`);
  });

  test('ListPolicies lists by owner and path; those of AWS are ready and nobody changes them', async () => {
    const Path = `/${freshName('path')}/`;
    const mine = await aPolicy('kms:*', { Path });
    const arns = async (filter: object) => (await iam.send(new ListPoliciesCommand(filter))).Policies?.map(({ Arn }) => Arn);
    expect(await arns({ Scope: 'Local', PathPrefix: Path })).toEqual([mine]);
    expect(await arns({ Scope: 'Local', PathPrefix: Path, OnlyAttached: true })).toEqual([]);
    expect(await arns({ Scope: 'AWS' })).toContain(ADMIN);
    expect(await arns({ Scope: 'AWS', PathPrefix: Path })).toEqual([]);
    await expectRefusal(iam.send(new DeletePolicyCommand({ PolicyArn: ADMIN })), 'InvalidInputException', 400);
  });

  test('tags are added, listed and taken off', async () => {
    const PolicyArn = await aPolicy('kms:*');
    await iam.send(
      new TagPolicyCommand({
        PolicyArn,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '' },
        ],
      }),
    );
    await iam.send(new UntagPolicyCommand({ PolicyArn, TagKeys: ['a'] }));
    expect((await iam.send(new ListPolicyTagsCommand({ PolicyArn }))).Tags).toEqual([{ Key: 'b', Value: '' }]);
  });

  test("another account's policy is not there", async () => {
    const PolicyArn = 'arn:aws:iam::999999999999:policy/x';
    await expectRefusal(iam.send(new GetPolicyCommand({ PolicyArn })), 'AccessDenied', 403);
  });

  test('a document beyond the quota is refused', async () => {
    const PolicyDocument = policyDocument('Allow', 'kms:Encrypt', 'x'.repeat(6_144));
    await expectRefusal(
      iam.send(new CreatePolicyCommand({ PolicyName: freshName(), PolicyDocument: PolicyDocument.replace('"x', '"arn:aws:kms:::x') })),
      'LimitExceededException',
      409,
      'Cannot exceed quota for PolicySize: 6144',
    );
  });
});
