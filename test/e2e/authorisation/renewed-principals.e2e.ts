import { CreateAccessKeyCommand, CreateUserCommand, DeleteAccessKeyCommand, DeleteUserCommand, type IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Caller } from '../fixtures/caller.ts';
import { aUser, callerOf, iamClient, type TestUser } from '../fixtures/iam.ts';
import { aKey } from '../fixtures/keys.ts';

const root = new Caller();
const iam: IAMClient = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

/** Removes a user and makes another under the same name. */
async function renewed(user: TestUser): Promise<TestUser> {
  await iam.send(new DeleteAccessKeyCommand({ UserName: user.name, AccessKeyId: user.account.accessKeyId }));
  await iam.send(new DeleteUserCommand({ UserName: user.name }));
  const { User } = await iam.send(new CreateUserCommand({ UserName: user.name }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user.name }));
  const account = { ...user.account, accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  return { ...user, id: User!.UserId!, account };
}

describe('a user that is made again under the name of another', () => {
  let key: string;
  let first: TestUser;
  let second: TestUser;
  let grantId: string;
  const grant = { Operations: ['Encrypt', 'RetireGrant'], Name: 'the-same' };
  beforeAll(async () => {
    key = (await aKey(root)).arn;
    first = await aUser(iam, root.account);
    const { body } = await root.ok('CreateGrant', { KeyId: key, GranteePrincipal: first.arn, RetiringPrincipal: first.arn, ...grant });
    grantId = body['GrantId'] as string;
    using caller = callerOf(first);
    await caller.ok('Encrypt', { KeyId: key, Plaintext: 'AAAA' });
    second = await renewed(first);
  }, 120_000);

  test('does not have the grants of the one who is gone', async () => {
    expect([second.arn, second.id === first.id]).toEqual([first.arn, false]);
    using caller = callerOf(second);
    expect((await caller.kms('Encrypt', { KeyId: key, Plaintext: 'AAAA' })).error).toBe('AccessDeniedException');
    expect((await caller.kms('RetireGrant', { KeyId: key, GrantId: grantId })).error).toBe('AccessDeniedException');
  });

  test('gets a grant of its own, also where one of that name is there', async () => {
    const { body } = await root.ok('CreateGrant', { KeyId: key, GranteePrincipal: second.arn, RetiringPrincipal: second.arn, ...grant });
    expect(body['GrantId']).not.toBe(grantId);
    using caller = callerOf(second);
    await caller.ok('Encrypt', { KeyId: key, Plaintext: 'AAAA' });
    await caller.ok('RetireGrant', { KeyId: key, GrantId: body['GrantId'] });
  });
});
