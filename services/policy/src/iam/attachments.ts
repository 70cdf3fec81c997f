import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import { findIdentity, type IdentityKind, type Reader } from '../store/identities.ts';
import { attach, attachedTo, detach, type AttachedRow } from '../store/policies.ts';
import { touch, type Touched } from '../store/touch.ts';
import { changes, reads } from './call.ts';
import { given } from './names.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { QUOTAS } from './quotas.ts';

async function attachPolicy(
  tx: Transaction,
  accountId: string,
  kind: IdentityKind,
  name: string | undefined,
  arn: string | undefined,
): Promise<readonly Touched[]> {
  const holder = await findIdentity(tx, accountId, kind, given(name), 'for update');
  const policyArn = given(arn);
  const { rowCount } = await tx.query(`select from managed_policies where arn = $1 and account_id in ($2, 'aws') for key share`, [
    policyArn,
    accountId,
  ]);
  if (rowCount === 0) fail('NoSuchEntity', `Policy ${policyArn} does not exist or is not attachable.`);
  if (!(await attach(tx, holder, policyArn))) return [];
  if ((await attachedTo(tx, holder.arn, '/', '', QUOTAS.attachedPolicies + 1)).length > QUOTAS.attachedPolicies) {
    fail('LimitExceededException', `Cannot exceed quota for PoliciesPer${kind}: ${String(QUOTAS.attachedPolicies)}`);
  }
  return touch(tx, holder);
}

async function detachPolicy(
  tx: Transaction,
  accountId: string,
  kind: IdentityKind,
  name: string | undefined,
  arn: string | undefined,
): Promise<readonly Touched[]> {
  const holder = await findIdentity(tx, accountId, kind, given(name), 'for update');
  if (!(await detach(tx, holder, given(arn)))) fail('NoSuchEntity', `Policy ${given(arn)} was not found.`);
  return touch(tx, holder);
}

async function listAttached(
  tx: Reader,
  accountId: string,
  kind: IdentityKind,
  name: string | undefined,
  input: PageRequest & { readonly pathPrefix?: string | undefined },
) {
  const holder = await findIdentity(tx, accountId, kind, given(name));
  const { rows, ...more } = await pageOf(
    input,
    ({ arn }: AttachedRow) => arn,
    (after, limit) => attachedTo(tx, holder.arn, input.pathPrefix ?? '/', after, limit),
  );
  return { attachedPolicies: rows.map((row) => ({ policyName: row.name, policyArn: row.arn })), ...more };
}

/** Managed policies on users, groups and roles. */
export const attachmentHandlers = {
  'iam.AttachUserPolicy': changes(iam.AttachUserPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.AttachUserPolicyResponse.create(),
    touched: await attachPolicy(tx, accountId, 'User', input.userName, input.policyArn),
  })),
  'iam.AttachGroupPolicy': changes(iam.AttachGroupPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.AttachGroupPolicyResponse.create(),
    touched: await attachPolicy(tx, accountId, 'Group', input.groupName, input.policyArn),
  })),
  'iam.AttachRolePolicy': changes(iam.AttachRolePolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.AttachRolePolicyResponse.create(),
    touched: await attachPolicy(tx, accountId, 'Role', input.roleName, input.policyArn),
  })),
  'iam.DetachUserPolicy': changes(iam.DetachUserPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.DetachUserPolicyResponse.create(),
    touched: await detachPolicy(tx, accountId, 'User', input.userName, input.policyArn),
  })),
  'iam.DetachGroupPolicy': changes(iam.DetachGroupPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.DetachGroupPolicyResponse.create(),
    touched: await detachPolicy(tx, accountId, 'Group', input.groupName, input.policyArn),
  })),
  'iam.DetachRolePolicy': changes(iam.DetachRolePolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.DetachRolePolicyResponse.create(),
    touched: await detachPolicy(tx, accountId, 'Role', input.roleName, input.policyArn),
  })),
  'iam.ListAttachedUserPolicies': reads(iam.ListAttachedUserPoliciesRequest, async (db, { accountId }, input) =>
    iam.ListAttachedUserPoliciesResponse.create(await listAttached(db, accountId, 'User', input.userName, input)),
  ),
  'iam.ListAttachedGroupPolicies': reads(iam.ListAttachedGroupPoliciesRequest, async (db, { accountId }, input) =>
    iam.ListAttachedGroupPoliciesResponse.create(await listAttached(db, accountId, 'Group', input.groupName, input)),
  ),
  'iam.ListAttachedRolePolicies': reads(iam.ListAttachedRolePoliciesRequest, async (db, { accountId }, input) =>
    iam.ListAttachedRolePoliciesResponse.create(await listAttached(db, accountId, 'Role', input.roleName, input)),
  ),
};
