import { iam } from '@trent/contracts';
import type { IdentityRow } from '../store/identities.ts';
import { encodedDocument } from './documents.ts';
import { tagList } from './tags.ts';

/** A user, or the root, as answers show it. Lists leave tags and boundary out, as AWS's do. */
export function user(row: IdentityRow, detail: 'whole' | 'listed' = 'whole'): iam.User {
  const isRoot = row.kind === 'Root';
  return iam.User.create({
    ...(isRoot ? {} : { path: row.path, userName: row.name }),
    userId: row.uniqueId,
    arn: row.arn,
    createDate: row.createdAt,
    ...(detail === 'listed' ? {} : { permissionsBoundary: boundary(row), tags: tagList(row.tags) }),
  });
}

/** A role as answers show it. */
export function role(row: IdentityRow, detail: 'whole' | 'listed' = 'whole'): iam.Role {
  return iam.Role.create({
    path: row.path,
    roleName: row.name,
    roleId: row.uniqueId,
    arn: row.arn,
    createDate: row.createdAt,
    assumeRolePolicyDocument: encodedDocument(row.trustPolicy ?? ''),
    description: row.description ?? undefined,
    maxSessionDuration: row.maxSessionDuration ?? undefined,
    ...(detail === 'listed' ? {} : { permissionsBoundary: boundary(row), tags: tagList(row.tags), roleLastUsed: {} }),
  });
}

/** A group as answers show it. */
export function group(row: IdentityRow): iam.Group {
  return iam.Group.create({ path: row.path, groupName: row.name, groupId: row.uniqueId, arn: row.arn, createDate: row.createdAt });
}

/** The boundary of a user or role, if it has one. */
export function boundary({ boundaryArn }: IdentityRow): iam.AttachedPermissionsBoundary | undefined {
  if (boundaryArn === null) return undefined;
  return {
    permissionsBoundaryType: iam.PermissionsBoundaryType.PERMISSIONS_BOUNDARY_TYPE_PERMISSIONS_BOUNDARY_POLICY,
    permissionsBoundaryArn: boundaryArn,
  };
}
