import { iam } from '@trent/contracts';
import type { IdentityKind, Reader } from '../store/identities.ts';
import { findPolicy } from '../store/policies.ts';
import { reads } from './call.ts';
import { given } from './names.ts';
import { pageOf } from './paging.ts';

interface EntityRow {
  readonly kind: IdentityKind;
  readonly name: string;
  readonly uniqueId: string;
  readonly arn: string;
}

const KIND_OF: Partial<Record<iam.EntityType, IdentityKind>> = {
  [iam.EntityType.ENTITY_TYPE_USER]: 'User',
  [iam.EntityType.ENTITY_TYPE_ROLE]: 'Role',
  [iam.EntityType.ENTITY_TYPE_GROUP]: 'Group',
};

/** Who has the policy: attached, or as boundary. */
async function entitiesOf(
  db: Reader,
  accountId: string,
  policyArn: string,
  input: iam.ListEntitiesForPolicyRequest,
  after: string,
  limit: number,
): Promise<EntityRow[]> {
  const { entityFilter = iam.EntityType.ENTITY_TYPE_UNSPECIFIED, policyUsageFilter, pathPrefix = '/' } = input;
  const isFiltered = entityFilter !== iam.EntityType.ENTITY_TYPE_UNSPECIFIED;
  const { rows } = await db.query<EntityRow>(
    `select p.kind, p.name, p.unique_id as "uniqueId", p.arn from principals p
     where p.account_id = $1 and p.arn collate "C" > $5 and starts_with(p.path, $3) and (not $6 or p.kind = $4)
       and (($7 and exists (select from attachments a where a.holder_arn = p.arn and a.policy_arn = $2)) or ($8 and p.boundary_arn = $2))
     order by p.arn collate "C" limit $9`,
    [
      accountId,
      policyArn,
      pathPrefix,
      KIND_OF[entityFilter] ?? null,
      after,
      isFiltered,
      policyUsageFilter !== iam.PolicyUsage.POLICY_USAGE_PERMISSIONS_BOUNDARY,
      policyUsageFilter !== iam.PolicyUsage.POLICY_USAGE_PERMISSIONS_POLICY,
      limit,
    ],
  );
  return rows;
}

const listEntitiesForPolicy = reads(iam.ListEntitiesForPolicyRequest, async (db, { accountId }, input) => {
  const { arn } = await findPolicy(db, accountId, given(input.policyArn));
  const { rows, ...more } = await pageOf(
    input,
    (row: EntityRow) => row.arn,
    (after, limit) => entitiesOf(db, accountId, arn, input, after, limit),
  );
  const of = (kind: IdentityKind) => rows.filter((row) => row.kind === kind);
  return iam.ListEntitiesForPolicyResponse.create({
    policyUsers: of('User').map(({ name, uniqueId }) => ({ userName: name, userId: uniqueId })),
    policyRoles: of('Role').map(({ name, uniqueId }) => ({ roleName: name, roleId: uniqueId })),
    policyGroups: of('Group').map(({ name, uniqueId }) => ({ groupName: name, groupId: uniqueId })),
    ...more,
  });
});

/** Who has a managed policy. */
export const policyEntityHandlers = { 'iam.ListEntitiesForPolicy': listEntitiesForPolicy };
