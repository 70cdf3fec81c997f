import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { Caller } from '../../fixtures/caller.ts';
import { aUser, callerOf, expectRefusal, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';
import { recordOf } from '../../fixtures/records.ts';

/** Last uses are written every ten seconds. */
const WRITTEN_MS = 40_000;
const root = new Caller();
const { account } = root;
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

describe('access keys', () => {
  test('CreateAccessKey shows the secret once; no record and no list has it', async () => {
    const UserName = freshName();
    await iam.send(new CreateUserCommand({ UserName }));
    const { AccessKey, $metadata } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    expect(AccessKey).toMatchObject({ UserName, Status: 'Active' });
    expect(AccessKey?.AccessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(AccessKey?.SecretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    const record = JSON.stringify(await recordOf(root, 'CreateAccessKey', { requestId: $metadata.requestId ?? '' }));
    expect(record).toContain(AccessKey?.AccessKeyId);
    expect(record).not.toContain(AccessKey?.SecretAccessKey);
    const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName }));
    expect(AccessKeyMetadata).toEqual([{ UserName, AccessKeyId: AccessKey?.AccessKeyId, Status: 'Active', CreateDate: expect.any(Date) }]);
  });

  test('a repeat of the same attempt gets the same key, with its secret', async () => {
    const UserName = freshName();
    await iam.send(new CreateUserCommand({ UserName }));
    const body = `Action=CreateAccessKey&Version=2010-05-08&UserName=${UserName}`;
    const plain = {
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'amz-sdk-invocation-id': freshName('attempt') },
      body,
    };
    const send = async () => root.wire.send({ ...plain, headers: await root.sign(plain, { service: 'iam' }) });
    const [first, second] = [await send(), await send()];
    const keyIn = (text: string) => /<AccessKey>.*<\/AccessKey>/.exec(text)?.[0];
    expect(keyIn(first.text)).toContain('<SecretAccessKey>');
    expect(keyIn(second.text)).toBe(keyIn(first.text));
    expect((await iam.send(new ListAccessKeysCommand({ UserName }))).AccessKeyMetadata).toHaveLength(1);
  });

  test('a user has two at most, and stays while it has any', async () => {
    const bob = await aUser(iam, account);
    await iam.send(new CreateAccessKeyCommand({ UserName: bob.name }));
    await expectRefusal(
      iam.send(new CreateAccessKeyCommand({ UserName: bob.name })),
      'LimitExceededException',
      409,
      'Cannot exceed quota for AccessKeysPerUser: 2',
    );
    await expectRefusal(
      iam.send(new DeleteUserCommand({ UserName: bob.name })),
      'DeleteConflictException',
      409,
      'Cannot delete entity, must delete access keys first.',
    );
  });

  test('a deactivated key signs nothing from the answer on, an activated one does again, a deleted one never', async () => {
    const bob = await aUser(iam, account);
    using caller = callerOf(bob);
    const key = { UserName: bob.name, AccessKeyId: bob.account.accessKeyId };
    await iam.send(new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'p', PolicyDocument: policyDocument('Allow', 'kms:*') }));
    const random = () => caller.kms('GenerateRandom', { NumberOfBytes: 8 });
    expect((await random()).status).toBe(200);
    await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' }));
    expect(await random()).toMatchObject({ error: 'UnrecognizedClientException' });
    expect((await iam.send(new ListAccessKeysCommand({ UserName: bob.name }))).AccessKeyMetadata).toMatchObject([{ Status: 'Inactive' }]);
    await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Active' }));
    expect((await random()).status).toBe(200);
    await iam.send(new DeleteAccessKeyCommand(key));
    expect(await random()).toMatchObject({ error: 'UnrecognizedClientException' });
    await expectRefusal(iam.send(new DeleteAccessKeyCommand(key)), 'NoSuchEntityException', 404);
  });

  test('GetAccessKeyLastUsed tells when, where and for what', async () => {
    const bob = await aUser(iam, account);
    using caller = callerOf(bob);
    const AccessKeyId = bob.account.accessKeyId;
    const lastUse = async () => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
    expect(await lastUse()).toMatchObject({ UserName: bob.name, AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' } });
    const startMs = Date.now();
    await caller.kms('ListKeys', {});
    await waitUntil('the last use to be written', WRITTEN_MS, async () => {
      const { AccessKeyLastUsed } = await lastUse();
      return AccessKeyLastUsed?.ServiceName === 'kms' ? true : `still ${String(AccessKeyLastUsed?.ServiceName)}`;
    });
    const { AccessKeyLastUsed } = await lastUse();
    expect(AccessKeyLastUsed).toMatchObject({ ServiceName: 'kms', Region: caller.region });
    expect(AccessKeyLastUsed?.LastUsedDate?.getTime()).toBeGreaterThan(startMs - 5_000);
  });
});
