import { iam } from '@trent/contracts';
import {
  attachedToAll,
  groupsOfAll,
  inlineOfAll,
  listEntities,
  versionsOfAll,
  type EntityFilter,
  type EntityKey,
} from '../store/authorization-details.ts';
import { findIdentities, type IdentityKind, type IdentityRow, type Reader } from '../store/identities.ts';
import { findPolicies } from '../store/policies.ts';
import { reads } from './call.ts';
import { encodedDocument } from './documents.ts';
import { policy, policyVersion } from './managed-policies.ts';
import { DEFAULT_ITEMS, readMarker, writeMarker } from './paging.ts';
import { boundary } from './render.ts';
import { tagList } from './tags.ts';

const { ENTITY_TYPE_USER, ENTITY_TYPE_ROLE, ENTITY_TYPE_GROUP, ENTITY_TYPE_LOCAL_MANAGED_POLICY, ENTITY_TYPE_AWS_MANAGED_POLICY } =
  iam.EntityType;
const KINDS: readonly (readonly [iam.EntityType, IdentityKind])[] = [
  [ENTITY_TYPE_USER, 'User'],
  [ENTITY_TYPE_GROUP, 'Group'],
  [ENTITY_TYPE_ROLE, 'Role'],
];

/**
 * Everything that says who may do what, page by page: users, groups, roles, policies.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
 */
const getAccountAuthorizationDetails = reads(iam.GetAccountAuthorizationDetailsRequest, async (db, { accountId }, input) => {
  const { marker, maxItems = DEFAULT_ITEMS } = input;
  const after = marker === undefined ? '' : readMarker(marker);
  const found = await listEntities(db, accountId, filterOf(input.filter, accountId), after, maxItems + 1);
  const page = found.slice(0, maxItems);
  const last = page.at(-1);
  const isTruncated = last !== undefined && (await isMore(db, accountId, input.filter, last));
  return iam.GetAccountAuthorizationDetailsResponse.create({
    ...(await identityDetails(db, page)),
    policies: await policyDetails(db, accountId, page),
    isTruncated,
    marker: isTruncated ? writeMarker(last.key) : undefined,
  });
});

/** Without a filter everything is told. */
function filterOf(types: readonly iam.EntityType[], accountId: string): EntityFilter {
  const has = (type: iam.EntityType): boolean => types.length === 0 || types.includes(type);
  return {
    kinds: KINDS.filter(([type]) => has(type)).map(([, kind]) => kind),
    policyOwners: [...(has(ENTITY_TYPE_LOCAL_MANAGED_POLICY) ? [accountId] : []), ...(has(ENTITY_TYPE_AWS_MANAGED_POLICY) ? ['aws'] : [])],
  };
}

async function isMore(db: Reader, accountId: string, types: readonly iam.EntityType[], { key }: EntityKey): Promise<boolean> {
  return (await listEntities(db, accountId, filterOf(types, accountId), key, 1)).length > 0;
}

async function identityDetails(db: Reader, page: readonly EntityKey[]) {
  const arns = page.filter(({ key }) => !key.startsWith('4')).map(({ arn }) => arn);
  const [rows, inline, attached, groups] = await Promise.all([
    findIdentities(db, arns),
    inlineOfAll(db, arns),
    attachedToAll(db, arns),
    groupsOfAll(db, arns),
  ]);
  const of = <Row extends { readonly holder: string }>(held: readonly Row[], row: IdentityRow) =>
    held.filter(({ holder }) => holder === row.arn);
  const common = (row: IdentityRow) => ({
    path: row.path,
    arn: row.arn,
    createDate: row.createdAt,
    attachedManagedPolicies: of(attached, row).map(({ name, arn }) => ({ policyName: name, policyArn: arn })),
  });
  const policies = (row: IdentityRow) =>
    of(inline, row).map(({ name, document }) => ({ policyName: name, policyDocument: encodedDocument(document) }));
  const inOrder = (kind: IdentityKind) =>
    page.flatMap(({ arn }) => rows.find((row) => row.arn === arn && row.kind === kind) ?? ([] as IdentityRow[]));
  return {
    userDetailList: inOrder('User').map((row) => ({
      ...common(row),
      userName: row.name,
      userId: row.uniqueId,
      userPolicyList: policies(row),
      groupList: of(groups, row).map(({ name }) => name),
      permissionsBoundary: boundary(row),
      tags: tagList(row.tags),
    })),
    groupDetailList: inOrder('Group').map((row) => ({
      ...common(row),
      groupName: row.name,
      groupId: row.uniqueId,
      groupPolicyList: policies(row),
    })),
    roleDetailList: inOrder('Role').map((row) => ({
      ...common(row),
      roleName: row.name,
      roleId: row.uniqueId,
      assumeRolePolicyDocument: encodedDocument(row.trustPolicy ?? ''),
      instanceProfileList: [],
      rolePolicyList: policies(row),
      permissionsBoundary: boundary(row),
      tags: tagList(row.tags),
      roleLastUsed: {},
    })),
  };
}

async function policyDetails(db: Reader, accountId: string, page: readonly EntityKey[]): Promise<iam.ManagedPolicyDetail[]> {
  const arns = page.filter(({ key }) => key.startsWith('4')).map(({ arn }) => arn);
  if (arns.length === 0) return [];
  const [rows, versions] = await Promise.all([findPolicies(db, accountId, arns), versionsOfAll(db, arns)]);
  return arns.flatMap((arn) => {
    const row = rows.find((one) => one.arn === arn);
    if (row === undefined) return [];
    const { tags: _tags, ...shown } = policy(row);
    const policyVersionList = versions
      .filter(({ holder }) => holder === arn)
      .map((version) => policyVersion(version, version.version === row.defaultVersion, 'whole'));
    return [iam.ManagedPolicyDetail.create({ ...shown, policyVersionList })];
  });
}

/** The account's rights at once. */
export const authorizationDetailHandlers = { 'iam.GetAccountAuthorizationDetails': getAccountAuthorizationDetails };
