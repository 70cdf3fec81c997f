import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetUserCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import type { FreezeKind } from '@trent/local-cluster';
import type { Caller } from '../fixtures/caller.ts';
import type { TestAccount } from '../fixtures/cluster.ts';
import { aUser, freshName, policyDocument } from '../fixtures/iam.ts';
import { aKey, blob, type TestKey } from '../fixtures/keys.ts';
import { asAccount, assume, stsClient } from '../fixtures/sessions.ts';
import { seenBy, type Effect, type EffectRow } from './effect.ts';
import type { Stage } from './stage.ts';
import { GetSessionTokenCommand } from '@aws-sdk/client-sts';

const use = (callers: readonly Caller[], key: TestKey): Effect['look'] => {
  return (gateway) => seenBy(callers[gateway], 'Encrypt', { KeyId: key.arn, Plaintext: blob('x') });
};

const USE_ALL = policyDocument('Allow', 'kms:*');

async function aManagedPolicy(iam: IAMClient): Promise<string> {
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: freshName('policy'), PolicyDocument: USE_ALL }));
  return Policy!.Arn!;
}

/** A user and a key that it may use, if a policy of its own says so. */
async function aKeyUser(stage: Stage, rights: 'all' | 'none' = 'all') {
  const key = await aKey(stage.root[0]!);
  const user = await aUser(stage.iam[0]!, stage.account);
  if (rights === 'all') {
    await stage.iam[0]!.send(new PutUserPolicyCommand({ UserName: user.name, PolicyName: 'all', PolicyDocument: USE_ALL }));
  }
  return { key, user, look: use(stage.callersOf(user.account), key) };
}

/** A session of a role, and a key that it may use, if a policy of the role says so. */
async function aSession(stage: Stage, rights: 'all' | 'none') {
  const [key, RoleName] = [await aKey(stage.root[0]!), freshName('role')];
  const user = await aUser(stage.iam[0]!, stage.account);
  const trust = { Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust });
  const { Role } = await stage.iam[0]!.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  if (rights === 'all') await stage.iam[0]!.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument: USE_ALL }));
  const { Credentials } = await assume(user.account, { RoleArn: Role!.Arn! });
  return { key, RoleName, look: use(stage.callersOf(asAccount(stage.account, Credentials)), key) };
}

/** Everything of the account, of a principal or on a key, refused by the operator. */
function frozen(kind: FreezeKind, nameOf: (stage: Stage, key: TestKey) => string): EffectRow {
  return {
    name: `freeze --${kind}`,
    made: 'AccessDeniedException',
    takenBack: 'not looked at',
    begin: async (stage) => {
      const key = await aKey(stage.root[0]!);
      const look = use(stage.root, key);
      let isFrozen = false;
      return {
        make: async () => {
          await stage.operator.freeze(kind, nameOf(stage, key), 'stolen');
          isFrozen = true;
        },
        // Letting go has no barrier: it is heard, not waited for.
        takeBack: async () => {
          await stage.operator.unfreeze(kind, nameOf(stage, key), 'found');
          isFrozen = false;
        },
        look: (gateway) => (isFrozen ? look(gateway) : Promise.resolve('not looked at')),
      };
    },
  };
}

/** The kill switch takes six seconds each time, so it is tried a few times only. */
export const freezeEffects: readonly EffectRow[] = [
  frozen('account', ({ account }) => account.accountId),
  frozen('principal', ({ account }) => `arn:aws:iam::${account.accountId}:root`),
  frozen('key', (_, key) => key.arn),
];

/** What changes about users, roles, sessions, their credentials and policies (P7). */
export const identityEffects: readonly EffectRow[] = [
  {
    name: 'UpdateAccessKey',
    made: 'UnrecognizedClientException',
    takenBack: 'served',
    begin: async (stage) => {
      const { user, look } = await aKeyUser(stage);
      const set = (gateway: number, Status: 'Active' | 'Inactive') =>
        stage.iam[gateway]!.send(new UpdateAccessKeyCommand({ UserName: user.name, AccessKeyId: user.account.accessKeyId, Status }));
      return { make: (gateway) => set(gateway, 'Inactive'), takeBack: (gateway) => set(gateway, 'Active'), look };
    },
  },
  {
    name: 'DeleteAccessKey, CreateAccessKey',
    made: 'UnrecognizedClientException',
    takenBack: 'served',
    begin: async (stage) => {
      const { key, user } = await aKeyUser(stage);
      let account: TestAccount = user.account;
      let look = use(stage.callersOf(account), key);
      return {
        make: (gateway) => stage.iam[gateway]!.send(new DeleteAccessKeyCommand({ UserName: user.name, AccessKeyId: account.accessKeyId })),
        takeBack: async (gateway) => {
          const { AccessKey } = await stage.iam[gateway]!.send(new CreateAccessKeyCommand({ UserName: user.name }));
          account = { ...account, accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
          look = use(stage.callersOf(account), key);
        },
        look: (gateway) => look(gateway),
      };
    },
  },
  {
    name: 'DetachUserPolicy, AttachUserPolicy',
    made: 'AccessDeniedException',
    takenBack: 'served',
    begin: async (stage) => {
      const { user, look } = await aKeyUser(stage, 'none');
      const policy = { UserName: user.name, PolicyArn: await aManagedPolicy(stage.iam[0]!) };
      await stage.iam[0]!.send(new AttachUserPolicyCommand(policy));
      return {
        make: (gateway) => stage.iam[gateway]!.send(new DetachUserPolicyCommand(policy)),
        takeBack: (gateway) => stage.iam[gateway]!.send(new AttachUserPolicyCommand(policy)),
        look,
      };
    },
  },
  {
    name: 'DetachRolePolicy, AttachRolePolicy',
    made: 'AccessDeniedException',
    takenBack: 'served',
    begin: async (stage) => {
      const { RoleName, look } = await aSession(stage, 'none');
      const policy = { RoleName, PolicyArn: await aManagedPolicy(stage.iam[0]!) };
      await stage.iam[0]!.send(new AttachRolePolicyCommand(policy));
      return {
        make: (gateway) => stage.iam[gateway]!.send(new DetachRolePolicyCommand(policy)),
        takeBack: (gateway) => stage.iam[gateway]!.send(new AttachRolePolicyCommand(policy)),
        look,
      };
    },
  },
  {
    name: 'PutUserPolicy that denies, DeleteUserPolicy',
    made: 'AccessDeniedException',
    takenBack: 'served',
    begin: async (stage) => {
      const { user, look } = await aKeyUser(stage);
      const policy = { UserName: user.name, PolicyName: 'deny' };
      const PolicyDocument = policyDocument('Deny', 'kms:Encrypt');
      return {
        make: (gateway) => stage.iam[gateway]!.send(new PutUserPolicyCommand({ ...policy, PolicyDocument })),
        takeBack: (gateway) => stage.iam[gateway]!.send(new DeleteUserPolicyCommand(policy)),
        look,
      };
    },
  },
  {
    name: 'PutRolePolicy that revokes older sessions, DeleteRolePolicy',
    made: 'AccessDeniedException',
    takenBack: 'served',
    begin: async (stage) => {
      const { RoleName, look } = await aSession(stage, 'all');
      const policy = { RoleName, PolicyName: 'AWSRevokeOlderSessions' };
      // The document that the IAM console writes for "Revoke active sessions".
      const revoke = () => {
        const Condition = { DateLessThan: { 'aws:TokenIssueTime': new Date(Date.now() + 1_000).toISOString() } };
        return policyDocument('Deny', '*', '*', { Condition });
      };
      return {
        make: (gateway) => stage.iam[gateway]!.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: revoke() })),
        takeBack: (gateway) => stage.iam[gateway]!.send(new DeleteRolePolicyCommand(policy)),
        look,
      };
    },
  },
  {
    name: 'DeleteUser with a session left, CreateUser',
    made: 'UnrecognizedClientException',
    takenBack: 'served',
    begin: async (stage) => {
      const key = await aKey(stage.root[0]!);
      let look: Effect['look'] = () => Promise.resolve('nobody');
      let UserName = '';
      const takeBack = async (gateway: number): Promise<void> => {
        const iam = stage.iam[gateway]!;
        const user = await aUser(iam, stage.account);
        UserName = user.name;
        await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument: USE_ALL }));
        const { Credentials } = await stsClient(user.account).send(new GetSessionTokenCommand({}));
        await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: user.account.accessKeyId }));
        look = use(stage.callersOf(asAccount(stage.account, Credentials)), key);
      };
      await takeBack(0);
      const make = async (gateway: number): Promise<void> => {
        await stage.iam[gateway]!.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'all' }));
        await stage.iam[gateway]!.send(new DeleteUserCommand({ UserName }));
      };
      return { make, takeBack, look: (gateway) => look(gateway) };
    },
  },
  {
    name: 'CreateUser, DeleteUser',
    made: 'there',
    takenBack: 'NoSuchEntityException',
    begin: (stage) => {
      const UserName = freshName('user');
      return Promise.resolve({
        make: (gateway) => stage.iam[gateway]!.send(new CreateUserCommand({ UserName })),
        takeBack: (gateway) => stage.iam[gateway]!.send(new DeleteUserCommand({ UserName })),
        look: (gateway) =>
          stage.iam[gateway]!.send(new GetUserCommand({ UserName })).then(
            () => 'there',
            (error: unknown) => (error as Error).name,
          ),
      });
    },
  },
];
