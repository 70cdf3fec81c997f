import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import {
  countIdentities,
  deleteIdentity,
  findIdentity,
  ID_PREFIX,
  insertIdentity,
  listIdentities,
  listMembers,
  renameIdentity,
  type IdentityRow,
} from '../store/identities.ts';
import { touch } from '../store/touch.ts';
import { changes, reads } from './call.ts';
import { given, newUniqueId } from './names.ts';
import { pageOf } from './paging.ts';
import { QUOTAS } from './quotas.ts';
import { refuseWhileHeld } from './remains.ts';
import { group, user } from './render.ts';

const nameOf = (row: IdentityRow): string => row.name.toLowerCase();

const createGroup = changes(iam.CreateGroupRequest, async (tx, { accountId }, { groupName, path = '/' }) => {
  if ((await countIdentities(tx, accountId, 'Group')) >= QUOTAS.groups) {
    fail('LimitExceededException', `Cannot exceed quota for GroupsPerAccount: ${String(QUOTAS.groups)}`);
  }
  const uniqueId = newUniqueId(ID_PREFIX.Group);
  const row = await insertIdentity(tx, { accountId, kind: 'Group', uniqueId, name: given(groupName), path, tags: {} });
  return { response: iam.CreateGroupResponse.create({ group: group(row) }) };
});

const getGroup = reads(iam.GetGroupRequest, async (db, { accountId }, input) => {
  const row = await findIdentity(db, accountId, 'Group', given(input.groupName));
  const { rows, ...more } = await pageOf(input, nameOf, (after, limit) => listMembers(db, row.arn, after, limit));
  return iam.GetGroupResponse.create({ group: group(row), users: rows.map((member) => user(member, 'listed')), ...more });
});

const updateGroup = changes(iam.UpdateGroupRequest, async (tx, { accountId }, input) => {
  const before = await findIdentity(tx, accountId, 'Group', given(input.groupName), 'for update');
  await renameIdentity(tx, before, input.newGroupName ?? before.name, input.newPath ?? before.path);
  return { response: iam.UpdateGroupResponse.create() };
});

const deleteGroup = changes(iam.DeleteGroupRequest, async (tx, { accountId }, { groupName }) => {
  const { arn } = await findIdentity(tx, accountId, 'Group', given(groupName), 'for update');
  await refuseWhileHeld(tx, arn, ['users', 'policies', 'attachments']);
  await deleteIdentity(tx, arn);
  return { response: iam.DeleteGroupResponse.create() };
});

const listGroups = reads(iam.ListGroupsRequest, async (db, { accountId }, input) => {
  const { rows, ...more } = await pageOf(input, nameOf, (after, limit) =>
    listIdentities(db, accountId, 'Group', input.pathPrefix ?? '/', after, limit),
  );
  return iam.ListGroupsResponse.create({ groups: rows.map(group), ...more });
});

const addUserToGroup = changes(iam.AddUserToGroupRequest, async (tx, { accountId }, { groupName, userName }) => {
  const { arn } = await findIdentity(tx, accountId, 'Group', given(groupName), 'for update');
  const member = await findIdentity(tx, accountId, 'User', given(userName), 'for update');
  await tx.query('insert into group_members (group_arn, user_arn) values ($1, $2) on conflict do nothing', [arn, member.arn]);
  const { rows } = await tx.query<{ count: number }>('select count(*)::int as count from group_members where user_arn = $1', [member.arn]);
  if ((rows[0]?.count ?? 0) > QUOTAS.groupsPerUser) {
    fail('LimitExceededException', `Cannot exceed quota for GroupsPerUser: ${String(QUOTAS.groupsPerUser)}`);
  }
  return { response: iam.AddUserToGroupResponse.create(), touched: await touch(tx, member) };
});

const removeUserFromGroup = changes(iam.RemoveUserFromGroupRequest, async (tx, { accountId }, { groupName, userName }) => {
  const { arn } = await findIdentity(tx, accountId, 'Group', given(groupName), 'for update');
  const member = await findIdentity(tx, accountId, 'User', given(userName), 'for update');
  const { rowCount } = await tx.query('delete from group_members where group_arn = $1 and user_arn = $2', [arn, member.arn]);
  if (rowCount === 0) fail('NoSuchEntity', `User ${member.name} is not in group ${given(groupName)}.`);
  return { response: iam.RemoveUserFromGroupResponse.create(), touched: await touch(tx, member) };
});

/** Groups. */
export const groupHandlers = {
  'iam.CreateGroup': createGroup,
  'iam.GetGroup': getGroup,
  'iam.UpdateGroup': updateGroup,
  'iam.DeleteGroup': deleteGroup,
  'iam.ListGroups': listGroups,
  'iam.AddUserToGroup': addUserToGroup,
  'iam.RemoveUserFromGroup': removeUserFromGroup,
};
