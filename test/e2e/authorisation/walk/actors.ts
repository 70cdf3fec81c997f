import {
  CreateRoleCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  CreatePolicyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { Caller } from '../../fixtures/caller.ts';
import type { TestAccount } from '../../fixtures/cluster.ts';
import { aUser, callerOf, freshName, iamClient, policyDocument } from '../../fixtures/iam.ts';
import { asAccount, assume } from '../../fixtures/sessions.ts';
import type { Situation } from './expected.ts';

/** Who asks in a situation. */
export interface Actor {
  readonly caller: Caller;
  /** The names that a key policy or grant may use. */
  readonly own: string;
  readonly role?: string;
}

const DOCUMENTS = {
  allows: policyDocument('Allow', ['kms:*', 'sts:*']),
  denies: JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['kms:*', 'sts:*'], Resource: '*' },
      { Effect: 'Deny', Action: 'kms:*', Resource: '*' },
    ],
  }),
  silent: policyDocument('Allow', ['sts:*', 'iam:GetUser']),
} as const;

/** Makes who asks, with IAM's part of what stands for them. */
export async function actorFor(situation: Situation, account: TestAccount): Promise<Actor> {
  const iam = iamClient({ account });
  return situation.who === 'user' ? userFor(iam, situation, account) : sessionFor(iam, situation, account);
}

async function userFor(iam: IAMClient, { identity, boundary }: Situation, account: TestAccount): Promise<Actor> {
  const user = await aUser(iam, account);
  const UserName = user.name;
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument: DOCUMENTS[identity] }));
  if (boundary !== undefined) {
    const PermissionsBoundary = await boundaryOf(iam, DOCUMENTS[boundary]);
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }));
  }
  return { caller: callerOf(user), own: user.arn };
}

async function sessionFor(iam: IAMClient, { identity, boundary, session }: Situation, account: TestAccount): Promise<Actor> {
  const opener = await userFor(iam, { who: 'user', identity: 'silent', delegates: true }, account);
  const RoleName = freshName('role');
  const trust = { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: opener.own }, Action: 'sts:AssumeRole' } };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: DOCUMENTS[identity] }));
  if (boundary !== undefined) {
    const PermissionsBoundary = await boundaryOf(iam, DOCUMENTS[boundary]);
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
  }
  const RoleArn = Role?.Arn ?? '';
  const { Credentials, AssumedRoleUser } = await assume(opener.caller.account, {
    RoleArn,
    ...(session === undefined ? {} : { Policy: DOCUMENTS[session] }),
  });
  opener.caller[Symbol.dispose]();
  return { caller: new Caller({ account: asAccount(account, Credentials) }), own: AssumedRoleUser?.Arn ?? '', role: RoleArn };
}

async function boundaryOf(iam: IAMClient, PolicyDocument: string): Promise<string> {
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: freshName('boundary'), PolicyDocument }));
  return Policy?.Arn ?? '';
}
