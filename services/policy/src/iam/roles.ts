import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import {
  countIdentities,
  deleteIdentity,
  findIdentity,
  ID_PREFIX,
  insertIdentity,
  listIdentities,
  updateIdentity,
  type IdentityRow,
} from '../store/identities.ts';
import { findPolicy } from '../store/policies.ts';
import { touch } from '../store/touch.ts';
import { changes, reads } from './call.ts';
import { checkTrustPolicy } from './documents.ts';
import { given, newUniqueId } from './names.ts';
import { pageOf } from './paging.ts';
import { QUOTAS } from './quotas.ts';
import { refuseWhileHeld } from './remains.ts';
import { role } from './render.ts';
import { tagPage, withoutTags, withTags } from './tags.ts';
import { setBoundary } from './users.ts';

/** IAM's default of MaxSessionDuration, seconds. */
const DEFAULT_SESSION_SECONDS = 3_600;

const nameOf = (row: IdentityRow): string => row.name.toLowerCase();

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const createRole = changes(iam.CreateRoleRequest, async (tx, { accountId }, input) => {
  const trustPolicy = given(input.assumeRolePolicyDocument);
  await checkTrustPolicy(tx, trustPolicy);
  if ((await countIdentities(tx, accountId, 'Role')) >= QUOTAS.roles) {
    fail('LimitExceededException', `Cannot exceed quota for RolesPerAccount: ${String(QUOTAS.roles)}`);
  }
  const { permissionsBoundary, path = '/', description = null, maxSessionDuration = DEFAULT_SESSION_SECONDS } = input;
  const boundaryArn = permissionsBoundary === undefined ? null : (await findPolicy(tx, accountId, permissionsBoundary)).arn;
  const row = await insertIdentity(tx, {
    accountId,
    kind: 'Role',
    uniqueId: newUniqueId(ID_PREFIX.Role),
    name: given(input.roleName),
    path,
    tags: withTags({}, input.tags),
    boundaryArn,
    description,
    maxSessionDuration,
    trustPolicy,
  });
  return { response: iam.CreateRoleResponse.create({ role: { ...role(row), roleLastUsed: undefined } }) };
});

const getRole = reads(iam.GetRoleRequest, async (db, { accountId }, { roleName }) =>
  iam.GetRoleResponse.create({ role: role(await findIdentity(db, accountId, 'Role', given(roleName))) }),
);

const updateRole = changes(iam.UpdateRoleRequest, async (tx, { accountId }, input) => {
  const row = await findIdentity(tx, accountId, 'Role', given(input.roleName), 'for update');
  const { description, maxSessionDuration } = input;
  await updateIdentity(tx, row.arn, {
    ...(description === undefined ? {} : { description }),
    ...(maxSessionDuration === undefined ? {} : { maxSessionDuration }),
  });
  return { response: iam.UpdateRoleResponse.create(), touched: await touch(tx, row) };
});

const updateRoleDescription = changes(iam.UpdateRoleDescriptionRequest, async (tx, { accountId }, { roleName, description = '' }) => {
  const row = await findIdentity(tx, accountId, 'Role', given(roleName), 'for update');
  await updateIdentity(tx, row.arn, { description });
  return { response: iam.UpdateRoleDescriptionResponse.create({ role: role({ ...row, description }) }) };
});

const updateAssumeRolePolicy = changes(iam.UpdateAssumeRolePolicyRequest, async (tx, { accountId }, input) => {
  const row = await findIdentity(tx, accountId, 'Role', given(input.roleName), 'for update');
  const trustPolicy = given(input.policyDocument);
  await checkTrustPolicy(tx, trustPolicy);
  await updateIdentity(tx, row.arn, { trustPolicy });
  return { response: iam.UpdateAssumeRolePolicyResponse.create(), touched: await touch(tx, row) };
});

const deleteRole = changes(iam.DeleteRoleRequest, async (tx, { accountId }, { roleName }) => {
  const { arn } = await findIdentity(tx, accountId, 'Role', given(roleName), 'for update');
  await refuseWhileHeld(tx, arn, ['policies', 'attachments']);
  await tx.query('delete from certificates where principal_arn = $1', [arn]);
  return { response: iam.DeleteRoleResponse.create(), touched: [{ arn, version: await deleteIdentity(tx, arn) }] };
});

const listRoles = reads(iam.ListRolesRequest, async (db, { accountId }, input) => {
  const { rows, ...more } = await pageOf(input, nameOf, (after, limit) =>
    listIdentities(db, accountId, 'Role', input.pathPrefix ?? '/', after, limit),
  );
  return iam.ListRolesResponse.create({ roles: rows.map((row) => role(row, 'listed')), ...more });
});

const tagRole = changes(iam.TagRoleRequest, async (tx, { accountId }, { roleName, tags }) => {
  const row = await findIdentity(tx, accountId, 'Role', given(roleName), 'for update');
  await updateIdentity(tx, row.arn, { tags: withTags(row.tags, tags) });
  return { response: iam.TagRoleResponse.create(), touched: await touch(tx, row) };
});

const untagRole = changes(iam.UntagRoleRequest, async (tx, { accountId }, { roleName, tagKeys }) => {
  const row = await findIdentity(tx, accountId, 'Role', given(roleName), 'for update');
  await updateIdentity(tx, row.arn, { tags: withoutTags(row.tags, tagKeys) });
  return { response: iam.UntagRoleResponse.create(), touched: await touch(tx, row) };
});

const listRoleTags = reads(iam.ListRoleTagsRequest, async (db, { accountId }, input) => {
  const { tags } = await findIdentity(db, accountId, 'Role', given(input.roleName));
  return iam.ListRoleTagsResponse.create(await tagPage(tags, input));
});

const putRolePermissionsBoundary = changes(iam.PutRolePermissionsBoundaryRequest, async (tx, { accountId }, input) => {
  const row = await findIdentity(tx, accountId, 'Role', given(input.roleName), 'for update');
  return {
    response: iam.PutRolePermissionsBoundaryResponse.create(),
    touched: await setBoundary(tx, row, given(input.permissionsBoundary)),
  };
});

const deleteRolePermissionsBoundary = changes(iam.DeleteRolePermissionsBoundaryRequest, async (tx, { accountId }, { roleName }) => {
  const row = await findIdentity(tx, accountId, 'Role', given(roleName), 'for update');
  return { response: iam.DeleteRolePermissionsBoundaryResponse.create(), touched: await setBoundary(tx, row, undefined) };
});

/** Terraform asks before it deletes a role; Trent runs no instances. */
const listInstanceProfilesForRole = reads(iam.ListInstanceProfilesForRoleRequest, async (db, { accountId }, { roleName }) => {
  await findIdentity(db, accountId, 'Role', given(roleName));
  return iam.ListInstanceProfilesForRoleResponse.create({ instanceProfiles: [], isTruncated: false });
});

/** Roles. */
export const roleHandlers = {
  'iam.CreateRole': createRole,
  'iam.GetRole': getRole,
  'iam.UpdateRole': updateRole,
  'iam.UpdateRoleDescription': updateRoleDescription,
  'iam.UpdateAssumeRolePolicy': updateAssumeRolePolicy,
  'iam.DeleteRole': deleteRole,
  'iam.ListRoles': listRoles,
  'iam.TagRole': tagRole,
  'iam.UntagRole': untagRole,
  'iam.ListRoleTags': listRoleTags,
  'iam.PutRolePermissionsBoundary': putRolePermissionsBoundary,
  'iam.DeleteRolePermissionsBoundary': deleteRolePermissionsBoundary,
  'iam.ListInstanceProfilesForRole': listInstanceProfilesForRole,
};
