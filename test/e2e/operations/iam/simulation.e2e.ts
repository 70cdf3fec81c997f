import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetContextKeysForCustomPolicyCommand,
  GetContextKeysForPrincipalPolicyCommand,
  paginateSimulateCustomPolicy,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  type ContextEntry,
  type SimulateCustomPolicyCommandInput,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../../fixtures/caller.ts';
import { anotherAccount, testCluster } from '../../fixtures/cluster.ts';
import { aUser, callerOf, expectRefusal, freshName, iamClient, policyDocument, type TestUser } from '../../fixtures/iam.ts';
import { aKey } from '../../fixtures/keys.ts';
import { recordOf } from '../../fixtures/records.ts';

const root = new Caller();
const { account } = root;
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

const KEY = `arn:aws:kms:eu-west-1:${account.accountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const custom = async (input: Partial<SimulateCustomPolicyCommandInput>) => {
  const { EvaluationResults } = await iam.send(
    new SimulateCustomPolicyCommand({ PolicyInputList: [policyDocument('Allow', 'kms:*')], ActionNames: ['kms:Decrypt'], ...input }),
  );
  return EvaluationResults?.[0];
};
const entry = (name: string, type: string, ...values: string[]): ContextEntry => ({
  ContextKeyName: name,
  ContextKeyType: type as 'string',
  ContextKeyValues: values,
});

describe('SimulateCustomPolicy', () => {
  test("answers with decision, statement and place, as AWS's own example", async () => {
    const document =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}';
    expect(await custom({ PolicyInputList: [document], ActionNames: ['dynamodb:CreateBackup'] })).toEqual({
      EvalActionName: 'dynamodb:CreateBackup',
      EvalResourceName: '*',
      EvalDecision: 'allowed',
      MatchedStatements: [
        {
          SourcePolicyId: 'PolicyInputList.1',
          SourcePolicyType: 'none',
          StartPosition: { Line: 1, Column: 38 },
          EndPosition: { Line: 1, Column: 167 },
        },
      ],
      MissingContextValues: [],
    });
  });

  test('answers once an action, with the most restrictive decision, and below for each resource', async () => {
    const PolicyInputList = [policyDocument('Allow', 'kms:*', KEY), policyDocument('Deny', 'kms:*', `${KEY}9`)];
    expect(await custom({ PolicyInputList, ResourceArns: [KEY, `${KEY}8`, `${KEY}9`] })).toMatchObject({
      EvalResourceName: 'arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}',
      EvalDecision: 'explicitDeny',
      MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.2' }],
      ResourceSpecificResults: [
        { EvalResourceName: KEY, EvalResourceDecision: 'allowed', MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }] },
        { EvalResourceName: `${KEY}8`, EvalResourceDecision: 'implicitDeny' },
        { EvalResourceName: `${KEY}9`, EvalResourceDecision: 'explicitDeny', MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.2' }] },
      ],
    });
  });

  test.each<[string, object, ContextEntry]>([
    [
      'string',
      { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
      entry('kms:viaservice', 'string', 's3.eu-west-1.amazonaws.com'),
    ],
    ['stringList', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['b', 'c'] } }, entry('aws:TagKeys', 'stringList', 'a', 'b')],
    ['numeric', { NumericLessThan: { 'aws:MultiFactorAuthAge': '300' } }, entry('aws:MultiFactorAuthAge', 'numeric', '299')],
    ['numericList', { 'ForAnyValue:NumericEquals': { 'x:numbers': '3' } }, entry('x:numbers', 'numericList', '2', '3')],
    ['boolean', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, entry('aws:MultiFactorAuthPresent', 'boolean', 'true')],
    ['ip', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, entry('aws:SourceIp', 'ip', '10.2.3.4')],
    ['binary', { BinaryEquals: { 'x:bytes': 'QUJD' } }, entry('x:bytes', 'binary', 'QUJD')],
    ['date', { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }, entry('aws:CurrentTime', 'date', '2019-12-31T00:00:00Z')],
  ])('takes context keys of type %s', async (_type, condition, given) => {
    const PolicyInputList = [policyDocument('Allow', 'kms:*', '*', { Condition: condition })];
    expect((await custom({ PolicyInputList }))?.EvalDecision).toBe('implicitDeny');
    expect(await custom({ PolicyInputList, ContextEntries: [given] })).toMatchObject({ EvalDecision: 'allowed', MissingContextValues: [] });
  });

  test('names the context keys that nothing tells', async () => {
    const PolicyInputList = [
      policyDocument('Allow', 'kms:*', '*', { Condition: { StringEquals: { 'kms:ViaService': 'x', 'aws:username': 'b' } } }),
    ];
    expect(await custom({ PolicyInputList })).toMatchObject({
      EvalDecision: 'implicitDeny',
      MissingContextValues: ['kms:ViaService', 'aws:username'],
    });
    const result = await custom({ PolicyInputList, ResourceArns: [KEY] });
    expect(result?.ResourceSpecificResults?.[0]).toMatchObject({ MissingContextValues: ['kms:ViaService', 'aws:username'] });
  });

  test('a boundary limits, and what it says is told apart', async () => {
    const PermissionsBoundaryPolicyInputList = [policyDocument('Allow', 's3:*')];
    expect(await custom({ PermissionsBoundaryPolicyInputList })).toMatchObject({
      EvalDecision: 'implicitDeny',
      MatchedStatements: [],
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
    });
  });

  test('the policy of a key has the first word, and means the caller that is named', async () => {
    const CallerArn = `arn:aws:iam::${account.accountId}:user/nobody-yet`;
    const ResourcePolicy = policyDocument('Allow', 'kms:Decrypt', '*', { Principal: { AWS: CallerArn } });
    const PolicyInputList = [policyDocument('Allow', 's3:*')];
    expect(await custom({ PolicyInputList, ResourcePolicy, CallerArn, ResourceArns: [KEY] })).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyId: 'ResourcePolicy', SourcePolicyType: 'resource' }],
    });
    const foreign = policyDocument('Allow', 'kms:Decrypt', '*', { Principal: { AWS: 'arn:aws:iam::999988887777:root' } });
    expect((await custom({ ResourcePolicy: foreign, CallerArn, ResourceArns: [KEY] }))?.EvalDecision).toBe('implicitDeny');
  });

  test('from another account both policies must allow, and each is told', async () => {
    const CallerArn = 'arn:aws:iam::999988887777:user/bob';
    const ResourcePolicy = policyDocument('Allow', 'kms:Encrypt', '*', { Principal: { AWS: CallerArn } });
    expect(await custom({ ResourcePolicy, CallerArn, ResourceArns: [KEY] })).toMatchObject({
      EvalDecision: 'implicitDeny',
      EvalDecisionDetails: { 'identity-based policy': 'allowed', 'resource-based policy': 'implicitDeny' },
    });
    expect(
      (await custom({ ResourcePolicy, CallerArn, ResourceArns: ['arn:aws:s3:::b'], ActionNames: ['s3:GetObject'] }))?.EvalDecision,
    ).toBe('implicitDeny');
    const owned = {
      ResourceArns: ['arn:aws:s3:::b'],
      ActionNames: ['kms:Encrypt'],
      ResourceOwner: `arn:aws:iam::${account.accountId}:root`,
    };
    expect(await custom({ ResourcePolicy, CallerArn, ...owned })).toMatchObject({
      EvalDecision: 'allowed',
      EvalDecisionDetails: { 'identity-based policy': 'allowed', 'resource-based policy': 'allowed' },
    });
  });

  test('answers page by page', async () => {
    const ActionNames = ['kms:Encrypt', 's3:GetObject', 'kms:Decrypt', 'iam:GetUser', 'kms:Sign'];
    const found: (string | undefined)[][] = [];
    const input = { PolicyInputList: [policyDocument('Allow', 'kms:*')], ActionNames };
    for await (const { EvaluationResults = [] } of paginateSimulateCustomPolicy({ client: iam, pageSize: 2 }, input)) {
      found.push(EvaluationResults.map(({ EvalActionName, EvalDecision }) => `${EvalActionName ?? ''} ${EvalDecision ?? ''}`));
    }
    expect(found).toEqual([
      ['kms:Encrypt allowed', 's3:GetObject implicitDeny'],
      ['kms:Decrypt allowed', 'iam:GetUser implicitDeny'],
      ['kms:Sign allowed'],
    ]);
  });

  test.each<[string, Partial<SimulateCustomPolicyCommandInput>]>([
    ['a document that is none', { PolicyInputList: ['{"Statement":'] }],
    ['a document nested too deep', { PolicyInputList: [`{"Statement":${'['.repeat(5000)}`] }],
    ['a document that says a name twice', { PolicyInputList: ['{"Statement":[],"Statement":[]}'] }],
    ['a session policy with a principal', { PolicyInputList: [policyDocument('Allow', '*', '*', { Principal: '*' })] }],
    ['an action without a service', { ActionNames: ['Decrypt'] }],
    ['an action with a wildcard', { ActionNames: ['kms:*'] }],
    ['a resource that is no ARN', { ResourceArns: ['key/1234'] }],
    ['a caller that is a session', { CallerArn: `arn:aws:sts::${account.accountId}:assumed-role/r/s` }],
    ['a resource policy and nobody whom it could mean', { ResourcePolicy: policyDocument('Allow', '*', '*', { Principal: '*' }) }],
    [
      'a resource policy and a role',
      { ResourcePolicy: policyDocument('Allow', '*', '*', { Principal: '*' }), CallerArn: `arn:aws:iam::${account.accountId}:role/r` },
    ],
    ['an owner that is no account', { ResourceOwner: 'bob' }],
    ['a scenario that there is not', { ResourceHandlingOption: 'EC2-Moon' }],
    ['a scenario without its resources', { ResourceHandlingOption: 'EC2-VPC-EBS', ResourceArns: [KEY] }],
    ['a number that is none', { ContextEntries: [entry('aws:MultiFactorAuthAge', 'numeric', 'ten')] }],
    ['an address that is none', { ContextEntries: [entry('aws:SourceIp', 'ip', '10.0.0.256')] }],
    ['several values of a single-valued type', { ContextEntries: [entry('aws:SourceVpc', 'string', 'a', 'b')] }],
    ['a key without values', { ContextEntries: [{ ContextKeyName: 'aws:SourceVpc', ContextKeyType: 'string' }] }],
  ])('%s is refused as InvalidInput', async (_name, input) => {
    await expectRefusal(custom(input), 'InvalidInputException', 400);
  });

  test('wildcards that could run wild, and many actions, are answered', async () => {
    const PolicyInputList = [policyDocument('Allow', 'kms:*a*a*a*a*a*a*a*a*b', `arn:aws:kms:*:*:key/${'*a'.repeat(500)}*b`)];
    const ActionNames = Array.from({ length: 400 }, (_, index) => `kms:${'a'.repeat(90)}${String(index)}`);
    const { EvaluationResults } = await iam.send(
      new SimulateCustomPolicyCommand({ PolicyInputList, ActionNames, ResourceArns: [`${KEY}${'a'.repeat(1500)}`], MaxItems: 400 }),
    );
    expect(EvaluationResults).toHaveLength(400);
  });
});

describe('SimulatePrincipalPolicy', () => {
  const [group, role] = [freshName('devs'), freshName('role')];
  let bob: TestUser;
  let managed: string;
  let roleArn: string;
  beforeAll(async () => {
    bob = await aUser(iam, account);
    await iam.send(
      new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'own', PolicyDocument: policyDocument('Allow', 'kms:Encrypt') }),
    );
    await iam.send(new CreateGroupCommand({ GroupName: group }));
    await iam.send(
      new PutGroupPolicyCommand({ GroupName: group, PolicyName: 'theirs', PolicyDocument: policyDocument('Allow', 'kms:Decrypt') }),
    );
    await iam.send(new AddUserToGroupCommand({ GroupName: group, UserName: bob.name }));
    const PolicyName = freshName('managed');
    managed = (await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: policyDocument('Allow', 'kms:Sign') }))).Policy!.Arn!;
    await iam.send(new AttachUserPolicyCommand({ UserName: bob.name, PolicyArn: managed }));
    await iam.send(new AttachUserPolicyCommand({ UserName: bob.name, PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' }));
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: bob.arn }, Action: 'sts:AssumeRole' },
    });
    roleArn = (await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument }))).Role!.Arn!;
    const PolicyDocument = policyDocument('Allow', 'kms:Verify', '*', { Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } } });
    await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'verify', PolicyDocument }));
  }, 120_000);

  const about = async (source: string, action: string, more: object = {}) => {
    const { EvaluationResults } = await iam.send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn: source, ActionNames: [action], ...more }),
    );
    return EvaluationResults?.[0];
  };

  test('tells in which of the policies of user and groups the right is', async () => {
    const sourceOf = async (action: string) =>
      (await about(bob.arn, action))?.MatchedStatements?.map((one) => [one.SourcePolicyId, one.SourcePolicyType]);
    expect(await sourceOf('kms:Encrypt')).toEqual([[`user_${bob.name}_own`, 'user']]);
    expect(await sourceOf('kms:Decrypt')).toEqual([[`group_${group}_theirs`, 'group']]);
    expect(await sourceOf('kms:Sign')).toEqual([[managed.split('/')[1], 'user-managed']]);
    expect(await sourceOf('iam:GetUser')).toEqual([['IAMReadOnlyAccess', 'aws-managed']]);
    expect(await about(bob.arn, 'kms:Verify')).toMatchObject({ EvalDecision: 'implicitDeny', MatchedStatements: [] });
  });

  test('takes groups and roles, and knows whom it asks about', async () => {
    const groupArn = `arn:aws:iam::${account.accountId}:group/${group}`;
    expect((await about(groupArn, 'kms:Decrypt'))?.EvalDecision).toBe('allowed');
    expect((await about(groupArn, 'kms:Encrypt'))?.EvalDecision).toBe('implicitDeny');
    expect((await about(roleArn, 'kms:Verify'))?.EvalDecision).toBe('allowed');
    expect((await about(roleArn, 'kms:Verify', { CallerArn: bob.arn }))?.EvalDecision).toBe('implicitDeny');
  });

  test('adds documents, and leaves policies out, by type, ARN and name', async () => {
    const denied = { PolicyInputList: [policyDocument('Deny', 'kms:Encrypt')] };
    expect((await about(bob.arn, 'kms:Encrypt', denied))?.EvalDecision).toBe('explicitDeny');
    const without = async (action: string, PolicyExclusionList: object[]) =>
      (await about(bob.arn, action, { PolicyExclusionList }))?.EvalDecision;
    expect(await without('kms:Encrypt', [{ PolicyType: 'inline' }])).toBe('implicitDeny');
    expect(await without('kms:Sign', [{ PolicyType: 'inline' }, { PolicyType: 'scp' }])).toBe('allowed');
    expect(await without('kms:Sign', [{ PolicyArn: managed }])).toBe('implicitDeny');
    expect(await without('kms:Sign', [{ PolicyArn: managed.replace(/managed-.*/, 'manag?d-*') }])).toBe('implicitDeny');
    const named = (AttachmentName: string) => ({
      InlinePolicyIdentifier: { PolicyName: 'theirs', AttachmentType: 'group', AttachmentName },
    });
    expect(await without('kms:Decrypt', [named('nobody')])).toBe('allowed');
    expect(await without('kms:Decrypt', [named('dev*')])).toBe('implicitDeny');
    await expectRefusal(without('kms:Sign', [{ PolicyArn: 'arn:aws:iam::*:policy/name-of-it' }]), 'InvalidInputException', 400);
    await expectRefusal(without('kms:Sign', [{ PolicyArn: managed, PolicyType: 'scp' }]), 'InvalidInputException', 400);
  });

  test('counts the boundary that is attached, unless another is given', async () => {
    const eve = await aUser(iam, account);
    await iam.send(new AttachUserPolicyCommand({ UserName: eve.name, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }));
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: eve.name, PermissionsBoundary: managed }));
    expect(await about(eve.arn, 'kms:Encrypt')).toMatchObject({
      EvalDecision: 'implicitDeny',
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
    });
    const PermissionsBoundaryPolicyInputList = [policyDocument('Allow', 'kms:*')];
    expect((await about(eve.arn, 'kms:Encrypt', { PermissionsBoundaryPolicyInputList }))?.EvalDecision).toBe('allowed');
    const PolicyExclusionList = [{ PolicyType: 'permission-boundary' }];
    expect((await about(eve.arn, 'kms:Encrypt', { PolicyExclusionList }))?.PermissionsBoundaryDecisionDetail).toBeUndefined();
  });

  test('decides as the key itself does', async () => {
    using caller = callerOf(bob);
    const key = await aKey(root);
    const policy = (await root.ok('GetKeyPolicy', { KeyId: key.arn })).body['Policy'] as string;
    for (const [action, operation, input] of [
      ['kms:Encrypt', 'Encrypt', { Plaintext: 'AAAA' }],
      ['kms:DescribeKey', 'DescribeKey', {}],
    ] as const) {
      const { EvalDecision } = (await about(bob.arn, action, { ResourceArns: [key.arn], ResourcePolicy: policy }))!;
      const answer = await caller.kms(operation, { KeyId: key.arn, ...input });
      expect([action, EvalDecision]).toEqual([action, answer.status === 200 ? 'allowed' : 'implicitDeny']);
    }
  });

  test('is refused about nobody, about the root, and to whom may not ask', async () => {
    const nobody = `arn:aws:iam::${account.accountId}:user/${freshName('nobody')}`;
    await expectRefusal(about(nobody, 'kms:Sign'), 'NoSuchEntityException', 404);
    await expectRefusal(about(`arn:aws:iam::${account.accountId}:root`, 'kms:Sign'), 'InvalidInputException', 400);
    const eve = await aUser(iam, account);
    const own = iamClient({ account: eve.account });
    await expectRefusal(
      own.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: bob.arn, ActionNames: ['kms:Sign'] })),
      'AccessDenied',
      403,
      new RegExp(`iam:SimulatePrincipalPolicy on resource: ${bob.arn}`),
    );
    const other = iamClient({ account: await anotherAccount(testCluster()) });
    await expectRefusal(
      other.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: bob.arn, ActionNames: ['kms:Sign'] })),
      'AccessDenied',
      403,
    );
    own.destroy();
    other.destroy();
  });

  test('is recorded', async () => {
    const { $metadata } = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: bob.arn, ActionNames: ['kms:Sign'] }));
    expect(await recordOf(root, 'SimulatePrincipalPolicy', { requestId: $metadata.requestId ?? '' })).toMatchObject({
      eventSource: 'iam.amazonaws.com',
      readOnly: true,
      requestParameters: { policySourceArn: bob.arn, actionNames: ['kms:Sign'] },
    });
  });

  test('GetContextKeysForPrincipalPolicy and GetContextKeysForCustomPolicy list what the documents ask for', async () => {
    const PolicyInputList = [
      policyDocument('Allow', '*', 'arn:aws:s3:::${aws:username}', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
    ];
    expect((await iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList }))).ContextKeyNames).toEqual([
      'aws:username',
      'aws:SecureTransport',
    ]);
    expect(
      (await iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn: roleArn, PolicyInputList }))).ContextKeyNames,
    ).toEqual(['aws:PrincipalArn', 'aws:username', 'aws:SecureTransport']);
    await expectRefusal(iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList: ['{}'] })), 'InvalidInputException', 400);
  });
});
