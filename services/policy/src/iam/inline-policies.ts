import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import { findIdentity, type IdentityKind, type Reader } from '../store/identities.ts';
import { inlineOf, putInline, type InlineRow } from '../store/policies.ts';
import { touch, type Touched } from '../store/touch.ts';
import { changes, reads } from './call.ts';
import { checkInlineDocument, encodedDocument } from './documents.ts';
import { given } from './names.ts';
import { pageOfAll, type PageRequest } from './paging.ts';

interface Named {
  readonly policyName?: string | undefined;
}

async function put(
  tx: Transaction,
  accountId: string,
  kind: IdentityKind,
  holderName: string | undefined,
  input: Named & { readonly policyDocument?: string | undefined },
): Promise<readonly Touched[]> {
  const holder = await findIdentity(tx, accountId, kind, given(holderName), 'for update');
  const [name, document] = [given(input.policyName), given(input.policyDocument)];
  const others = (await inlineOf(tx, holder.arn)).filter((policy) => policy.name !== name).map((policy) => policy.document);
  checkInlineDocument(document, kind, holder.name, others);
  await putInline(tx, holder.arn, name, document);
  return touch(tx, holder);
}

async function find(tx: Reader, accountId: string, kind: IdentityKind, holderName: string | undefined, policyName: string | undefined) {
  const holder = await findIdentity(tx, accountId, kind, given(holderName));
  const name = given(policyName);
  const policy = (await inlineOf(tx, holder.arn)).find((one) => one.name === name);
  if (policy === undefined) fail('NoSuchEntity', `The ${kind.toLowerCase()} policy with name ${name} cannot be found.`);
  return { holderName: holder.name, policyName: policy.name, policyDocument: encodedDocument(policy.document), holder };
}

async function remove(
  tx: Transaction,
  accountId: string,
  kind: IdentityKind,
  holderName: string | undefined,
  { policyName }: Named,
): Promise<readonly Touched[]> {
  const { holder } = await find(tx, accountId, kind, holderName, policyName);
  await tx.query('delete from inline_policies where holder_arn = $1 and name = $2', [holder.arn, policyName]);
  return touch(tx, holder);
}

async function list(tx: Reader, accountId: string, kind: IdentityKind, holderName: string | undefined, page: PageRequest) {
  const holder = await findIdentity(tx, accountId, kind, given(holderName));
  const { rows, ...more } = await pageOfAll(page, ({ name }: InlineRow) => name, await inlineOf(tx, holder.arn));
  return { policyNames: rows.map(({ name }) => name), ...more };
}

/** Policies inside users, groups and roles. */
export const inlinePolicyHandlers = {
  'iam.PutUserPolicy': changes(iam.PutUserPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.PutUserPolicyResponse.create(),
    touched: await put(tx, accountId, 'User', input.userName, input),
  })),
  'iam.PutGroupPolicy': changes(iam.PutGroupPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.PutGroupPolicyResponse.create(),
    touched: await put(tx, accountId, 'Group', input.groupName, input),
  })),
  'iam.PutRolePolicy': changes(iam.PutRolePolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.PutRolePolicyResponse.create(),
    touched: await put(tx, accountId, 'Role', input.roleName, input),
  })),
  'iam.GetUserPolicy': reads(iam.GetUserPolicyRequest, async (db, { accountId }, input) => {
    const { holderName, policyName, policyDocument } = await find(db, accountId, 'User', input.userName, input.policyName);
    return iam.GetUserPolicyResponse.create({ userName: holderName, policyName, policyDocument });
  }),
  'iam.GetGroupPolicy': reads(iam.GetGroupPolicyRequest, async (db, { accountId }, input) => {
    const { holderName, policyName, policyDocument } = await find(db, accountId, 'Group', input.groupName, input.policyName);
    return iam.GetGroupPolicyResponse.create({ groupName: holderName, policyName, policyDocument });
  }),
  'iam.GetRolePolicy': reads(iam.GetRolePolicyRequest, async (db, { accountId }, input) => {
    const { holderName, policyName, policyDocument } = await find(db, accountId, 'Role', input.roleName, input.policyName);
    return iam.GetRolePolicyResponse.create({ roleName: holderName, policyName, policyDocument });
  }),
  'iam.DeleteUserPolicy': changes(iam.DeleteUserPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.DeleteUserPolicyResponse.create(),
    touched: await remove(tx, accountId, 'User', input.userName, input),
  })),
  'iam.DeleteGroupPolicy': changes(iam.DeleteGroupPolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.DeleteGroupPolicyResponse.create(),
    touched: await remove(tx, accountId, 'Group', input.groupName, input),
  })),
  'iam.DeleteRolePolicy': changes(iam.DeleteRolePolicyRequest, async (tx, { accountId }, input) => ({
    response: iam.DeleteRolePolicyResponse.create(),
    touched: await remove(tx, accountId, 'Role', input.roleName, input),
  })),
  'iam.ListUserPolicies': reads(iam.ListUserPoliciesRequest, async (db, { accountId }, input) =>
    iam.ListUserPoliciesResponse.create(await list(db, accountId, 'User', input.userName, input)),
  ),
  'iam.ListGroupPolicies': reads(iam.ListGroupPoliciesRequest, async (db, { accountId }, input) =>
    iam.ListGroupPoliciesResponse.create(await list(db, accountId, 'Group', input.groupName, input)),
  ),
  'iam.ListRolePolicies': reads(iam.ListRolePoliciesRequest, async (db, { accountId }, input) =>
    iam.ListRolePoliciesResponse.create(await list(db, accountId, 'Role', input.roleName, input)),
  ),
};
