import { CreateRoleCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operations, options, type Operation } from '@trent/contracts';
import { operatorOf, waitUntil } from '@trent/local-cluster';
import { sampleInput } from '../contract/samples.ts';
import { Caller, type Members } from '../fixtures/caller.ts';
import { anotherAccount, testCluster, type TestAccount } from '../fixtures/cluster.ts';
import { callerOf, iamClient, aUser, type TestUser } from '../fixtures/iam.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';
import { connectNative } from '../fixtures/native.ts';
import { newestRecords, recordOf } from '../fixtures/records.ts';
import { aService, mapService } from '../fixtures/services.ts';
import { asAccount, assume } from '../fixtures/sessions.ts';

const ALIAS = 'alias/aws/s3';
const DATA_KEY = { KeySpec: 'AES_256' };
const INGEST_MS = 20_000;

let owner: TestAccount;
let root: Caller;
let user: TestUser;
let service: Caller;
beforeAll(async () => {
  owner = await anotherAccount(testCluster());
  root = new Caller({ account: owner });
  user = await aService(owner, 's3');
  service = callerOf(user);
}, 120_000);
afterAll(() => [root, service].forEach((caller) => caller[Symbol.dispose]()));

const via = (region: string) => `s3.${region}.amazonaws.com`;
const allow = (AWS: string, Action: string, Condition?: object) => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action,
  Resource: '*',
  Condition,
});

/** The metadata of the account's key for S3, made by now or by this. */
async function managedKey(): Promise<{ readonly KeyId: string; readonly Arn: string }> {
  return (await root.ok('DescribeKey', { KeyId: ALIAS })).body['KeyMetadata'] as { KeyId: string; Arn: string };
}

describe('a user that the operator made a service', () => {
  test('uses a key whose policy allows it through that service only, and nobody else does', async () => {
    const Condition = { StringEquals: { 'kms:ViaService': via(root.region) } };
    const statements = [allow(`arn:aws:iam::${owner.accountId}:root`, 'kms:PutKeyPolicy'), allow('*', 'kms:GenerateDataKey', Condition)];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    const { id: KeyId } = await aKey(root, { Policy });
    expect((await service.kms('GenerateDataKey', { KeyId, ...DATA_KEY })).status).toBe(200);
    expect(await root.kms('GenerateDataKey', { KeyId, ...DATA_KEY })).toMatchObject({ error: 'AccessDeniedException' });
  });

  test('is named in the record, as who it is and what it was called for', async () => {
    const { id: KeyId } = await aKey(root);
    const answer = await service.ok('GenerateDataKey', { KeyId, ...DATA_KEY });
    const record = await recordOf(root, 'GenerateDataKey', answer);
    expect(record['userIdentity']).toMatchObject({ type: 'IAMUser', arn: user.arn, invokedBy: 's3.amazonaws.com' });
  });

  test('ends to be one when the operator says so, from the answer on', async () => {
    const other = await aService(owner, 's3');
    await managedKey();
    using caller = callerOf(other);
    const input = { KeyId: ALIAS, ...DATA_KEY };
    expect((await caller.kms('GenerateDataKey', input)).status).toBe(200);
    await mapService(other.arn, '');
    expect(await caller.kms('GenerateDataKey', input)).toMatchObject({ error: 'AccessDeniedException' });
  });

  test('may be a role, whose sessions act for it', async () => {
    const { accountId } = owner;
    const trust = { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'sts:AssumeRole' } };
    const iam = iamClient({ account: owner });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'store', AssumeRolePolicyDocument: JSON.stringify(trust) }));
    const document = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: ['sts:*', 'kms:*'], Resource: '*' } });
    await iam.send(new PutUserPolicyCommand({ UserName: user.name, PolicyName: 'keys', PolicyDocument: document }));
    await mapService(`arn:aws:iam::${accountId}:role/store`, 's3');
    await managedKey();
    const { Credentials } = await assume(user.account, { RoleArn: Role!.Arn! });
    using session = new Caller({ account: asAccount(owner, Credentials) });
    expect((await session.kms('GenerateDataKey', { KeyId: ALIAS, ...DATA_KEY })).status).toBe(200);
  });

  test('may come with a client certificate that is mapped to it', async () => {
    const { Arn } = await managedKey();
    const { folder, settings } = testCluster();
    using operator = operatorOf(folder, settings);
    await operator.mapCertificate(owner.accountId, `spiffe://trent/account/${owner.accountId}/root`, user.arn);
    using trent = connectNative({ account: owner });
    expect(await trent.generateDataKey({ keyId: ALIAS, numberOfBytes: 32 })).toMatchObject({ keyId: Arn });
  });

  test('is listed for the operator; a root, nobody and an ill-written name are refused', async () => {
    const { folder, settings } = testCluster();
    using operator = operatorOf(folder, settings);
    expect(await operator.listServices()).toContainEqual({ principalArn: user.arn, service: 's3' });
    for (const [arn, name] of [
      [`arn:aws:iam::${owner.accountId}:root`, 's3'],
      [`arn:aws:iam::${owner.accountId}:user/nobody`, 's3'],
      [user.arn, 'S3'],
      [user.arn, '*'],
      ['nobody', 's3'],
    ] as const)
      await expect(operator.mapService(arn, name)).rejects.toThrow();
  });
});

describe('the key behind alias/aws/s3', () => {
  test('is made once by its first use, however many come at once, and that is recorded', async () => {
    const account = await anotherAccount(testCluster());
    using storage = callerOf(await aService(account, 's3'));
    using reader = new Caller({ account });
    expect((await reader.ok('ListKeys')).body['Keys']).toEqual([]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => storage.ok('GenerateDataKey', { KeyId: ALIAS, ...DATA_KEY })));
    const arns = new Set(answers.map(({ body }) => body['KeyId']));
    expect(arns.size).toBe(1);
    const [{ KeyArn } = { KeyArn: '' }] = (await reader.ok('ListKeys')).body['Keys'] as { KeyArn: string }[];
    expect([...arns]).toEqual([KeyArn]);
    await waitUntil('the record of its birth', INGEST_MS, async () => {
      const [record] = await newestRecords(reader, 'CreateKey');
      if (record === undefined) return 'not there';
      expect(record).toMatchObject({
        eventType: 'AwsServiceEvent',
        resources: [{ ARN: KeyArn }],
        serviceEventDetails: { aliasName: ALIAS },
      });
      return true;
    });
  });

  test('is no key of an account without such a service', async () => {
    expect(await root.kms('DescribeKey', { KeyId: 'alias/aws/ebs' })).toMatchObject({ error: 'NotFoundException' });
    expect(await service.kms('GenerateDataKey', { KeyId: 'alias/aws/ebs', ...DATA_KEY })).toMatchObject({ error: 'NotFoundException' });
  });

  test('shows its manager, its alias, its fixed policy and a yearly rotation', async () => {
    const { KeyId } = await managedKey();
    expect((await root.ok('DescribeKey', { KeyId })).body['KeyMetadata']).toMatchObject({
      KeyManager: 'AWS',
      KeyState: 'Enabled',
      Description: 'Default key that protects my S3 objects when no other key is defined',
    });
    expect((await root.ok('ListAliases', { KeyId })).body['Aliases']).toEqual([expect.objectContaining({ AliasName: ALIAS })]);
    const policy = JSON.parse(String((await root.ok('GetKeyPolicy', { KeyId })).body['Policy'])) as { Statement: object[] };
    expect(policy.Statement).toHaveLength(2);
    expect(policy.Statement[0]).toMatchObject({
      Condition: { StringEquals: { 'kms:CallerAccount': owner.accountId, 'kms:ViaService': via(root.region) } },
    });
    expect((await root.ok('GetKeyRotationStatus', { KeyId })).body).toMatchObject({
      KeyId,
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
    });
  });

  test('is used through the service, by its alias, id and ciphertext, and not otherwise', async () => {
    const { KeyId } = await managedKey();
    const { body } = await service.ok('Encrypt', { KeyId: ALIAS, Plaintext: 'AAAA' });
    expect((await service.ok('Decrypt', { CiphertextBlob: body['CiphertextBlob'] })).body['Plaintext']).toBe('AAAA');
    expect((await service.kms('GenerateDataKey', { KeyId, ...DATA_KEY })).status).toBe(200);
    const denied = { error: 'AccessDeniedException' };
    expect(await root.kms('Decrypt', { CiphertextBlob: body['CiphertextBlob'] })).toMatchObject(denied);
    expect(await root.kms('GenerateDataKey', { KeyId: ALIAS, ...DATA_KEY })).toMatchObject(denied);
    using ebs = callerOf(await aService(owner, 'ebs'));
    expect(await ebs.kms('GenerateDataKey', { KeyId: ALIAS, ...DATA_KEY })).toMatchObject(denied);
  });

  test('is as unknown to another account as any', async () => {
    const { Arn } = await managedKey();
    const stranger = await anotherAccount(testCluster());
    using storage = callerOf(await aService(stranger, 's3'));
    const denied = { error: 'AccessDeniedException' };
    expect(await storage.kms('GenerateDataKey', { KeyId: Arn, ...DATA_KEY })).toMatchObject(denied);
    expect(await storage.kms('GenerateDataKey', { KeyId: Arn.replace(/key\/.*/, ALIAS), ...DATA_KEY })).toMatchObject(denied);
  });
});

/** Every operation that changes a key, or what hangs on it, and names the key. */
const MANAGING = [...operations.values()].filter(
  ({ name, option: { room, readOnly, keys, aliasMember } }) =>
    name.startsWith('kms.') && room === options.Room.ROOM_KEY_METADATA && !readOnly && keys.some(({ member }) => member !== aliasMember),
);

describe('nobody manages the key behind alias/aws/s3', () => {
  let managed: TestKey;
  let helper: TestKey;
  beforeAll(async () => {
    const { KeyId: id, Arn: arn } = await managedKey();
    managed = { id, arn };
    helper = await aKey(root);
  });

  test.each(MANAGING)('$rpc is refused to root and service', async (operation) => {
    const input = await inputFor(operation);
    for (const caller of [root, service]) {
      const answer = await caller.kms(operation.rpc, input);
      expect({ who: caller.account.accessKeyId, error: answer.error }).toEqual({
        who: caller.account.accessKeyId,
        error: operation.rpc === 'RetireGrant' ? 'NotFoundException' : 'AccessDeniedException',
      });
    }
  });

  test.each(['CreateAlias', 'UpdateAlias', 'DeleteAlias'])('%s takes none of its names', async (rpc) => {
    const answer = await root.kms(rpc, { AliasName: ALIAS, ...(rpc === 'DeleteAlias' ? {} : { TargetKeyId: helper.id }) });
    expect(answer).toMatchObject({ status: 400, error: 'NotAuthorizedException' });
  });

  /** What would be granted on a key of the account's own, for the managed one. */
  async function inputFor(operation: Operation): Promise<Members> {
    const input: Record<string, unknown> = {
      ...(await sampleInput(operation, { caller: root, key: helper, material: undefined, helper, position: 0, usable: true })),
    };
    for (const { member } of operation.option.keys)
      if (member in input && member !== operation.option.aliasMember) input[member] = managed.id;
    return input;
  }
});

test('a user who is no service is told so by the record of the denial', async () => {
  await managedKey();
  const plain = await aUser(iamClient({ account: owner }), owner);
  using caller = callerOf(plain);
  const answer = await caller.kms('GenerateDataKey', { KeyId: ALIAS, ...DATA_KEY });
  expect(answer).toMatchObject({ error: 'AccessDeniedException' });
  const record = await recordOf(root, 'GenerateDataKey', answer);
  expect(record).toMatchObject({ errorCode: 'AccessDenied', userIdentity: { arn: plain.arn } });
  expect(record['userIdentity']).not.toHaveProperty('invokedBy');
});
