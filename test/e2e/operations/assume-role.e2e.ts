import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { firstAccount, testCluster } from '../fixtures/cluster.ts';
import { recordOf } from '../fixtures/records.ts';
import { asAccount, aSessionAccount, assume, refusalOf, stsClient, trusting, type SessionAccount } from '../fixtures/sessions.ts';

let own: SessionAccount;
let trustsAlice: object;
beforeAll(async () => {
  own = await aSessionAccount();
  trustsAlice = trusting({ AWS: own.aliceArn }, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']);
}, 120_000);

describe('AssumeRole', () => {
  test('makes a session that acts as the role, over all wires, and is recorded', async () => {
    const RoleArn = await own.role(trustsAlice);
    const answer = await assume(own.alice, { RoleArn, SourceIdentity: 'alice', DurationSeconds: 900 });
    const name = RoleArn.slice(RoleArn.lastIndexOf('/') + 1);
    const Arn = `arn:aws:sts::${own.root.accountId}:assumed-role/${name}/e2e`;
    expect(answer.AssumedRoleUser?.Arn).toBe(Arn);
    expect(answer.SourceIdentity).toBe('alice');
    expect(answer.Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(answer.Credentials!.Expiration!.getTime() - Date.now()).toBeLessThanOrEqual(900_000);
    const session = asAccount(own.alice, answer.Credentials);
    expect(await stsClient(session).send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn, Account: own.root.accountId });
    using caller = new Caller({ account: session });
    const created = await caller.ok('CreateKey');
    const record = await recordOf(new Caller({ account: own.root }), 'CreateKey', created);
    expect(record['userIdentity']).toMatchObject({
      type: 'AssumedRole',
      arn: Arn,
      accessKeyId: session.accessKeyId,
      sessionContext: { sessionIssuer: { type: 'Role', arn: RoleArn, userName: name }, sourceIdentity: 'alice' },
    });
    const assumed = await recordOf(new Caller({ account: own.root }), 'AssumeRole', { requestId: answer.$metadata.requestId! });
    expect(assumed).toMatchObject({
      eventSource: 'sts.amazonaws.com',
      userIdentity: { type: 'IAMUser', userName: 'alice' },
      requestParameters: { roleArn: RoleArn, roleSessionName: 'e2e' },
    });
    expect(JSON.stringify(assumed)).not.toContain(session.sessionToken);
    expect(JSON.stringify(assumed)).not.toContain(session.secretAccessKey);
  });

  test('is limited by a session policy, passed in the request or by the ARN of a managed one', async () => {
    const RoleArn = await own.role(trustsAlice);
    const statement = { Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' };
    const limits = [
      { Policy: JSON.stringify({ Version: '2012-10-17', Statement: statement }) },
      { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser' }] },
    ];
    for (const limit of limits) {
      const { Credentials, SessionTokenUtilization } = await assume(own.alice, { RoleArn, ...limit });
      expect(SessionTokenUtilization).toBeGreaterThan(0);
      using caller = new Caller({ account: asAccount(own.alice, Credentials) });
      const { body } = await caller.ok('CreateKey');
      const { KeyId } = body['KeyMetadata'] as { KeyId: string };
      const refused = await caller.kms('DisableKey', { KeyId });
      expect([refused.error, refused.message]).toEqual([
        'AccessDeniedException',
        expect.stringContaining('because no session policy allows the kms:DisableKey action'),
      ]);
    }
  });

  test.each([
    ['that trusts nobody of them', () => trusting({ AWS: `arn:aws:iam::${firstAccount(testCluster()).accountId}:root` })],
    [
      'that asks for another external id',
      () => trusting({ AWS: own.aliceArn }, 'sts:AssumeRole', { Condition: { StringEquals: { 'sts:ExternalId': 'x2' } } }),
    ],
    [
      'that asks for an MFA device',
      () => trusting({ AWS: own.aliceArn }, 'sts:AssumeRole', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
    ],
  ])('a role %s is refused, and the record says so', async (_name, trust) => {
    const RoleArn = await own.role(trust());
    const { name, message } = await refusalOf(assume(own.alice, { RoleArn, ExternalId: 'x1' }));
    expect([name, message]).toEqual([
      'AccessDenied',
      `User: ${own.aliceArn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    ]);
  });

  test('a role that trusts the external id is assumed with it', async () => {
    const RoleArn = await own.role(
      trusting({ AWS: own.root.accountId }, 'sts:AssumeRole', { Condition: { StringEquals: { 'sts:ExternalId': 'x1' } } }),
    );
    expect((await assume(own.alice, { RoleArn, ExternalId: 'x1' })).Credentials).toBeDefined();
  });

  test('tags need a right of their own, decide as aws:PrincipalTag, and transitive ones stay through the chain', async () => {
    const untaggable = await own.role(trusting({ AWS: own.aliceArn }));
    const Tags = [{ Key: 'Team', Value: 'blue' }];
    expect((await refusalOf(assume(own.alice, { RoleArn: untaggable, Tags }))).message).toContain('sts:TagSession');
    const byTag = {
      Effect: 'Allow',
      Action: ['kms:*', 'sts:*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } },
    };
    const first = await own.role(trustsAlice, byTag);
    const second = await own.role(trusting({ AWS: first }, ['sts:AssumeRole', 'sts:TagSession']), byTag);
    const one = asAccount(own.alice, (await assume(own.alice, { RoleArn: first, Tags, TransitiveTagKeys: ['Team'] })).Credentials);
    const two = asAccount(own.alice, (await assume(one, { RoleArn: second })).Credentials);
    using tagged = new Caller({ account: two });
    expect((await tagged.kms('ListKeys')).status).toBe(200);
    using untagged = new Caller({ account: asAccount(own.alice, (await assume(own.alice, { RoleArn: first })).Credentials) });
    expect((await untagged.kms('ListKeys')).error).toBe('AccessDeniedException');
  });

  test('durations hold their bounds: those of the role, and an hour in a chain', async () => {
    const long = await own.role(trusting({ AWS: own.root.accountId }), { Effect: 'Allow', Action: 'sts:*', Resource: '*' }, 7200);
    const short = await own.role(trustsAlice);
    expect((await assume(own.alice, { RoleArn: long, DurationSeconds: 7200 })).Credentials).toBeDefined();
    expect((await refusalOf(assume(own.alice, { RoleArn: short, DurationSeconds: 7200 }))).message).toContain(
      'exceeds the MaxSessionDuration',
    );
    const session = asAccount(own.alice, (await assume(own.alice, { RoleArn: long })).Credentials);
    expect((await refusalOf(assume(session, { RoleArn: long, DurationSeconds: 7200 }))).message).toContain('1 hour session limit');
  });

  test('the root assumes nothing', async () => {
    const RoleArn = await own.role(trusting({ AWS: '*' }));
    expect(await refusalOf(assume(own.root, { RoleArn }))).toMatchObject({
      name: 'AccessDenied',
      message: 'Roles may not be assumed by root accounts.',
    });
  });

  test.each([
    ['an altered token', (token: string) => `${token.slice(0, 60)}${token[60] === 'A' ? 'B' : 'A'}${token.slice(61)}`],
    ['no token', () => ''],
  ])('%s authenticates nobody', async (_name, alter) => {
    const RoleArn = await own.role(trustsAlice);
    const session = asAccount(own.alice, (await assume(own.alice, { RoleArn })).Credentials);
    const refusal = await refusalOf(
      stsClient({ ...session, sessionToken: alter(session.sessionToken) }).send(new GetCallerIdentityCommand({})),
    );
    expect(refusal.name).toBe('InvalidClientTokenId');
  });
});
