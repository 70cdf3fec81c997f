import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import {
  countIdentities,
  deleteIdentity,
  findIdentity,
  ID_PREFIX,
  insertIdentity,
  listGroupsOf,
  listIdentities,
  renameIdentity,
  updateIdentity,
  type IdentityRow,
} from '../store/identities.ts';
import { findPolicy } from '../store/policies.ts';
import { touch } from '../store/touch.ts';
import { changes, reads } from './call.ts';
import { given, newUniqueId, userOrCaller } from './names.ts';
import { pageOf } from './paging.ts';
import { QUOTAS } from './quotas.ts';
import { group, user } from './render.ts';
import { refuseWhileHeld } from './remains.ts';
import { tagPage, withoutTags, withTags } from './tags.ts';

const nameOf = (row: IdentityRow): string => row.name.toLowerCase();

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
const createUser = changes(iam.CreateUserRequest, async (tx, { accountId }, input) => {
  const { permissionsBoundary, path = '/', tags } = input;
  if ((await countIdentities(tx, accountId, 'User')) >= QUOTAS.users) {
    fail('LimitExceededException', `Cannot exceed quota for UsersPerAccount: ${String(QUOTAS.users)}`);
  }
  const boundaryArn = permissionsBoundary === undefined ? null : (await findPolicy(tx, accountId, permissionsBoundary)).arn;
  const row = await insertIdentity(tx, {
    accountId,
    kind: 'User',
    uniqueId: newUniqueId(ID_PREFIX.User),
    name: given(input.userName),
    path,
    tags: withTags({}, tags),
    boundaryArn,
  });
  return { response: iam.CreateUserResponse.create({ user: user(row) }) };
});

const getUser = reads(iam.GetUserRequest, async (db, call, { userName }) =>
  iam.GetUserResponse.create({ user: user(await userOrCaller(db, call, userName)) }),
);

const updateUser = changes(iam.UpdateUserRequest, async (tx, { accountId }, input) => {
  const before = await findIdentity(tx, accountId, 'User', given(input.userName), 'for update');
  const arn = await renameIdentity(tx, before, input.newUserName ?? before.name, input.newPath ?? before.path);
  const touched = await touch(tx, { arn, kind: 'User' });
  // Who knew the user by the old ARN has to forget it too.
  return {
    response: iam.UpdateUserResponse.create(),
    touched: [...touched, ...touched.map(({ version }) => ({ arn: before.arn, version }))],
  };
});

const deleteUser = changes(iam.DeleteUserRequest, async (tx, { accountId }, { userName }) => {
  const { arn } = await findIdentity(tx, accountId, 'User', given(userName), 'for update');
  await refuseWhileHeld(tx, arn, ['access keys', 'policies', 'attachments', 'groups', 'devices']);
  await tx.query('delete from certificates where principal_arn = $1', [arn]);
  return { response: iam.DeleteUserResponse.create(), touched: [{ arn, version: await deleteIdentity(tx, arn) }] };
});

const listUsers = reads(iam.ListUsersRequest, async (db, { accountId }, input) => {
  const { rows, ...more } = await pageOf(input, nameOf, (after, limit) =>
    listIdentities(db, accountId, 'User', input.pathPrefix ?? '/', after, limit),
  );
  return iam.ListUsersResponse.create({ users: rows.map((row) => user(row, 'listed')), ...more });
});

const listGroupsForUser = reads(iam.ListGroupsForUserRequest, async (db, { accountId }, input) => {
  const { arn } = await findIdentity(db, accountId, 'User', given(input.userName));
  const { rows, ...more } = await pageOf(input, nameOf, (after, limit) => listGroupsOf(db, arn, after, limit));
  return iam.ListGroupsForUserResponse.create({ groups: rows.map(group), ...more });
});

const tagUser = changes(iam.TagUserRequest, async (tx, { accountId }, { userName, tags }) => {
  const row = await findIdentity(tx, accountId, 'User', given(userName), 'for update');
  await updateIdentity(tx, row.arn, { tags: withTags(row.tags, tags) });
  return { response: iam.TagUserResponse.create(), touched: await touch(tx, row) };
});

const untagUser = changes(iam.UntagUserRequest, async (tx, { accountId }, { userName, tagKeys }) => {
  const row = await findIdentity(tx, accountId, 'User', given(userName), 'for update');
  await updateIdentity(tx, row.arn, { tags: withoutTags(row.tags, tagKeys) });
  return { response: iam.UntagUserResponse.create(), touched: await touch(tx, row) };
});

const listUserTags = reads(iam.ListUserTagsRequest, async (db, { accountId }, input) => {
  const { tags } = await findIdentity(db, accountId, 'User', given(input.userName));
  return iam.ListUserTagsResponse.create(await tagPage(tags, input));
});

const putUserPermissionsBoundary = changes(iam.PutUserPermissionsBoundaryRequest, async (tx, { accountId }, input) => {
  const row = await findIdentity(tx, accountId, 'User', given(input.userName), 'for update');
  return {
    response: iam.PutUserPermissionsBoundaryResponse.create(),
    touched: await setBoundary(tx, row, given(input.permissionsBoundary)),
  };
});

const deleteUserPermissionsBoundary = changes(iam.DeleteUserPermissionsBoundaryRequest, async (tx, { accountId }, { userName }) => {
  const row = await findIdentity(tx, accountId, 'User', given(userName), 'for update');
  return { response: iam.DeleteUserPermissionsBoundaryResponse.create(), touched: await setBoundary(tx, row, undefined) };
});

/** Sets a user's or role's boundary, or takes it away. @throws NoSuchEntity for a policy that is not there, or a boundary to remove that is not */
export async function setBoundary(tx: Transaction, row: IdentityRow, policyArn: string | undefined) {
  if (policyArn === undefined && row.boundaryArn === null) {
    fail('NoSuchEntity', `${row.kind} ${row.name} does not have a permissions boundary.`);
  }
  const boundaryArn = policyArn === undefined ? null : (await findPolicy(tx, row.accountId, policyArn)).arn;
  await updateIdentity(tx, row.arn, { boundaryArn });
  return touch(tx, row);
}

/** Users. */
export const userHandlers = {
  'iam.CreateUser': createUser,
  'iam.GetUser': getUser,
  'iam.UpdateUser': updateUser,
  'iam.DeleteUser': deleteUser,
  'iam.ListUsers': listUsers,
  'iam.ListGroupsForUser': listGroupsForUser,
  'iam.TagUser': tagUser,
  'iam.UntagUser': untagUser,
  'iam.ListUserTags': listUserTags,
  'iam.PutUserPermissionsBoundary': putUserPermissionsBoundary,
  'iam.DeleteUserPermissionsBoundary': deleteUserPermissionsBoundary,
};
