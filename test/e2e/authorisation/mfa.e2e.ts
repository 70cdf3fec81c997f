import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  DeactivateMFADeviceCommand,
  GetUserCommand,
  ListUsersCommand,
  PutUserPolicyCommand,
  ResyncMFADeviceCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetAccessKeyInfoCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anAuthenticator, code, codes, stepNow, type Authenticator } from '../fixtures/authenticator.ts';
import { Caller } from '../fixtures/caller.ts';
import type { TestAccount } from '../fixtures/cluster.ts';
import { aUser, freshName, iamClient, policyDocument, type TestUser } from '../fixtures/iam.ts';
import { aKey } from '../fixtures/keys.ts';
import { recordOf } from '../fixtures/records.ts';
import { asAccount, refusalOf, stsClient, trusting } from '../fixtures/sessions.ts';

const root = new Caller();
const iam = iamClient();
afterAll(() => {
  iam.destroy();
  root[Symbol.dispose]();
});

/** Signs IAM as a session. */
function iamOf(session: TestAccount & { readonly sessionToken: string }) {
  return iamClient({ account: session });
}

async function sessionOf(user: TestUser, device?: Authenticator, step = stepNow() + 1) {
  const input = device === undefined ? {} : { SerialNumber: device.serialNumber, TokenCode: code(device.seed, step) };
  return asAccount(user.account, (await stsClient(user.account).send(new GetSessionTokenCommand(input))).Credentials);
}

describe('a user with an MFA device', () => {
  let bob: TestUser;
  let device: Authenticator;
  let key: string;
  beforeAll(async () => {
    bob = await aUser(iam, root.account);
    await iam.send(
      new PutUserPolicyCommand({ UserName: bob.name, PolicyName: 'all', PolicyDocument: policyDocument('Allow', ['iam:*', 'sts:*']) }),
    );
    device = await anAuthenticator(iam, bob.name);
    const own = (Sid: string, Action: string, Condition: object) => ({
      ...{ Sid, Effect: 'Allow', Principal: { AWS: bob.arn }, Resource: '*' },
      ...{ Action, Condition },
    });
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${root.account.accountId}:root` }, Action: 'kms:*', Resource: '*' },
        own('present', 'kms:Encrypt', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
        own('fresh', 'kms:GenerateDataKey', { NumericLessThan: { 'aws:MultiFactorAuthAge': '300' } }),
        own('stale', 'kms:Decrypt', { NumericGreaterThan: { 'aws:MultiFactorAuthAge': '300' } }),
      ],
    });
    key = (await aKey(root, { Policy })).arn;
  }, 120_000);

  const uses = async (as: TestAccount & { readonly sessionToken?: string }): Promise<(string | undefined)[]> => {
    using caller = new Caller({ account: as });
    const inputs = { Encrypt: { Plaintext: 'AAAA' }, GenerateDataKey: { KeySpec: 'AES_256' } };
    return await Promise.all(
      Object.entries(inputs).map(async ([operation, input]) => (await caller.kms(operation, { KeyId: key, ...input })).error),
    );
  };

  test('shows its code once, and a key that asks for it opens to that session alone', async () => {
    const step = stepNow() + 1;
    const session = await sessionOf(bob, device, step);
    expect(await uses(session)).toEqual([undefined, undefined]);
    expect(await uses(bob.account)).toEqual(['AccessDeniedException', 'AccessDeniedException']);
    expect(await uses(await sessionOf(bob))).toEqual(['AccessDeniedException', 'AccessDeniedException']);
    using caller = new Caller({ account: session });
    const refused = await caller.kms('Decrypt', {
      KeyId: key,
      CiphertextBlob: (await root.ok('Encrypt', { KeyId: key, Plaintext: 'AAAA' })).body['CiphertextBlob'],
    });
    expect(refused.error).toBe('AccessDeniedException');
    expect((await recordOf(root, 'Decrypt', refused))['userIdentity']).toMatchObject({
      sessionContext: { attributes: { mfaAuthenticated: 'true' } },
    });
    // RFC 6238 §5.2: a code that was taken is not taken again.
    expect(await refusalOf(sessionOf(bob, device, step))).toMatchObject({ name: 'AccessDenied' });
  });

  test('may call IAM from a session with a code alone', async () => {
    const second = await anAuthenticator(iam, bob.name);
    const strong = iamOf(await sessionOf(bob, second));
    expect((await strong.send(new GetUserCommand({}))).User?.Arn).toBe(bob.arn);
    const weak = iamOf(await sessionOf(bob));
    for (const command of [new ListUsersCommand({}), new GetUserCommand({})]) {
      expect(await refusalOf(weak.send(command as ListUsersCommand))).toEqual({
        name: 'InvalidClientTokenId',
        message: 'The security token included in the request is invalid.',
      });
    }
    expect((await refusalOf(weak.send(new CreateAccessKeyCommand({ UserName: bob.name })))).name).toBe('InvalidClientTokenId');
    strong.destroy();
    weak.destroy();
  });

  test('may call of STS AssumeRole and GetCallerIdentity from a session of its own', async () => {
    const sts = stsClient(await sessionOf(bob));
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(bob.arn);
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trusting({ AWS: bob.arn }) });
    const RoleArn = (await iam.send(new CreateRoleCommand({ RoleName: freshName('role'), AssumeRolePolicyDocument }))).Role?.Arn;
    const { AssumedRoleUser } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'e2e' }));
    expect(AssumedRoleUser?.Arn).toContain(':assumed-role/');
    expect(await refusalOf(sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: bob.account.accessKeyId })))).toEqual({
      name: 'AccessDenied',
      message: 'Cannot call GetAccessKeyInfo with session credentials',
    });
  });

  test('assumes a role that trusts with a code alone, by a code of its own', async () => {
    const third = await anAuthenticator(iam, bob.name);
    const trust = trusting({ AWS: bob.arn }, 'sts:AssumeRole', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } });
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust });
    const RoleArn = (await iam.send(new CreateRoleCommand({ RoleName: freshName('role'), AssumeRolePolicyDocument }))).Role?.Arn;
    const input = { RoleArn, RoleSessionName: 'e2e' };
    const sts = stsClient(bob.account);
    expect((await refusalOf(sts.send(new AssumeRoleCommand(input)))).name).toBe('AccessDenied');
    const TokenCode = code(third.seed, stepNow() + 1);
    expect(
      (await sts.send(new AssumeRoleCommand({ ...input, SerialNumber: third.serialNumber, TokenCode }))).AssumedRoleUser?.Arn,
    ).toBeDefined();
  });

  test('puts a device right whose clock went wrong, and can give it up', async () => {
    const fast = await anAuthenticator(iam, bob.name);
    const [input, ahead] = [{ UserName: bob.name, SerialNumber: fast.serialNumber }, stepNow() + 40];
    expect((await refusalOf(sessionOf(bob, fast, ahead))).name).toBe('AccessDenied');
    await iam.send(new ResyncMFADeviceCommand({ ...input, ...codes(fast.seed, ahead) }));
    expect(await uses(await sessionOf(bob, fast, ahead + 2))).toEqual([undefined, undefined]);
    await iam.send(new DeactivateMFADeviceCommand(input));
    expect((await refusalOf(sessionOf(bob, fast, ahead + 3))).message).toMatch(/unable to validate MFA code/);
  });
});
