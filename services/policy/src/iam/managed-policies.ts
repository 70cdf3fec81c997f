import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import {
  countPolicies,
  findPolicy,
  insertPolicy,
  insertVersion,
  listPolicies as listRows,
  versionsOf,
  type PolicyRow,
  type VersionRow,
} from '../store/policies.ts';
import { touchHoldersOf } from '../store/touch.ts';
import { changes, reads } from './call.ts';
import { checkManagedDocument, encodedDocument } from './documents.ts';
import { given, newUniqueId } from './names.ts';
import { pageOf, pageOfAll } from './paging.ts';
import { QUOTAS } from './quotas.ts';
import { tagList, tagPage, withoutTags, withTags } from './tags.ts';

/** A managed policy as answers show it. */
export function policy(row: PolicyRow, detail: 'whole' | 'listed' = 'whole'): iam.Policy {
  return iam.Policy.create({
    policyName: row.name,
    policyId: row.policyId,
    arn: row.arn,
    path: row.path,
    defaultVersionId: versionId(row.defaultVersion),
    attachmentCount: row.attachmentCount,
    permissionsBoundaryUsageCount: row.boundaryCount,
    isAttachable: true,
    createDate: row.createdAt,
    updateDate: row.updatedAt,
    ...(detail === 'listed' ? {} : { description: row.description ?? undefined, tags: tagList(row.tags) }),
  });
}

/** A version as answers show it; lists leave the document out. */
export function policyVersion(row: VersionRow, isDefault: boolean, detail: 'whole' | 'listed' = 'listed'): iam.PolicyVersion {
  const document = detail === 'whole' ? encodedDocument(row.document) : undefined;
  return iam.PolicyVersion.create({ document, versionId: versionId(row.version), isDefaultVersion: isDefault, createDate: row.createdAt });
}

function versionId(version: number): string {
  return `v${String(version)}`;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
const createPolicy = changes(iam.CreatePolicyRequest, async (tx, { accountId }, input) => {
  const { path = '/', description = null } = input;
  const [name, document] = [given(input.policyName), given(input.policyDocument)];
  checkManagedDocument(document);
  if ((await countPolicies(tx, accountId)) >= QUOTAS.policies) {
    fail('LimitExceededException', `Cannot exceed quota for PoliciesPerAccount: ${String(QUOTAS.policies)}`);
  }
  const arn = `arn:aws:iam::${accountId}:policy${path}${name}`;
  const tags = withTags({}, input.tags);
  await insertPolicy(tx, { arn, accountId, name, path, policyId: newUniqueId('ANPA'), description, tags, document });
  return { response: iam.CreatePolicyResponse.create({ policy: policy(await findPolicy(tx, accountId, arn)) }) };
});

const getPolicy = reads(iam.GetPolicyRequest, async (db, { accountId }, { policyArn }) =>
  iam.GetPolicyResponse.create({ policy: policy(await findPolicy(db, accountId, given(policyArn))) }),
);

const SCOPES = { 0: 'All', 1: 'All', 2: 'AWS', 3: 'Local' } as const;

const listPolicies = reads(iam.ListPoliciesRequest, async (db, { accountId }, input) => {
  const filter = {
    scope: SCOPES[input.scope ?? 0],
    onlyAttached: input.onlyAttached ?? false,
    pathPrefix: input.pathPrefix ?? '/',
    usage: usageOf(input.policyUsageFilter),
  };
  const { rows, ...more } = await pageOf(
    input,
    ({ arn }: PolicyRow) => arn,
    (after, limit) => listRows(db, accountId, filter, after, limit),
  );
  return iam.ListPoliciesResponse.create({ policies: rows.map((row) => policy(row, 'listed')), ...more });
});

function usageOf(filter: iam.PolicyUsage | undefined) {
  if (filter === iam.PolicyUsage.POLICY_USAGE_PERMISSIONS_POLICY) return 'PermissionsPolicy' as const;
  return filter === iam.PolicyUsage.POLICY_USAGE_PERMISSIONS_BOUNDARY ? ('PermissionsBoundary' as const) : undefined;
}

/** A policy that this account may change. */
async function own(tx: Transaction, accountId: string, arn: string | undefined): Promise<PolicyRow> {
  const row = await findPolicy(tx, accountId, given(arn), 'for update of m');
  return row.accountId === accountId ? row : fail('InvalidInput', `${row.arn} is managed by AWS and cannot be changed.`);
}

const deletePolicy = changes(iam.DeletePolicyRequest, async (tx, { accountId }, { policyArn }) => {
  const row = await own(tx, accountId, policyArn);
  if (row.attachmentCount + row.boundaryCount > 0) fail('DeleteConflict', 'Cannot delete a policy attached to entities.');
  if ((await versionsOf(tx, row.arn)).length > 1) {
    fail(
      'DeleteConflict',
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  }
  await tx.query('delete from managed_policies where arn = $1', [row.arn]);
  return { response: iam.DeletePolicyResponse.create() };
});

const createPolicyVersion = changes(iam.CreatePolicyVersionRequest, async (tx, { accountId }, input) => {
  const row = await own(tx, accountId, input.policyArn);
  const document = given(input.policyDocument);
  checkManagedDocument(document);
  if ((await versionsOf(tx, row.arn)).length >= QUOTAS.versionsPerPolicy) {
    fail(
      'LimitExceededException',
      `A managed policy can have up to ${String(QUOTAS.versionsPerPolicy)} versions. Before you create a new version, you must delete an existing version.`,
    );
  }
  const isDefault = input.setAsDefault ?? false;
  const made = await insertVersion(tx, row.arn, document, isDefault);
  const response = iam.CreatePolicyVersionResponse.create({ policyVersion: policyVersion(made, isDefault) });
  return { response, touched: isDefault ? await touchHoldersOf(tx, row.arn) : [] };
});

function versionAt(versions: readonly VersionRow[], arn: string, id: string | undefined): VersionRow {
  const found = versions.find(({ version }) => versionId(version) === id);
  return found ?? fail('NoSuchEntity', `Policy ${arn} version ${given(id)} does not exist or is not attachable.`);
}

const getPolicyVersion = reads(iam.GetPolicyVersionRequest, async (db, { accountId }, { policyArn, versionId: id }) => {
  const row = await findPolicy(db, accountId, given(policyArn));
  const version = versionAt(await versionsOf(db, row.arn), row.arn, id);
  return iam.GetPolicyVersionResponse.create({ policyVersion: policyVersion(version, version.version === row.defaultVersion, 'whole') });
});

const listPolicyVersions = reads(iam.ListPolicyVersionsRequest, async (db, { accountId }, input) => {
  const row = await findPolicy(db, accountId, given(input.policyArn));
  const newestFirst = ({ version }: VersionRow): string => String(1_000_000_000 - version).padStart(10, '0');
  const { rows, ...more } = await pageOfAll(input, newestFirst, await versionsOf(db, row.arn));
  const versions = rows.map((version) => policyVersion(version, version.version === row.defaultVersion));
  return iam.ListPolicyVersionsResponse.create({ versions, ...more });
});

const deletePolicyVersion = changes(iam.DeletePolicyVersionRequest, async (tx, { accountId }, { policyArn, versionId: id }) => {
  const row = await own(tx, accountId, policyArn);
  const { version } = versionAt(await versionsOf(tx, row.arn), row.arn, id);
  if (version === row.defaultVersion) fail('DeleteConflict', 'Cannot delete the default version of a policy.');
  await tx.query('delete from policy_versions where policy_arn = $1 and version = $2', [row.arn, version]);
  return { response: iam.DeletePolicyVersionResponse.create() };
});

const setDefaultPolicyVersion = changes(iam.SetDefaultPolicyVersionRequest, async (tx, { accountId }, { policyArn, versionId: id }) => {
  const row = await own(tx, accountId, policyArn);
  const { version } = versionAt(await versionsOf(tx, row.arn), row.arn, id);
  await tx.query('update managed_policies set default_version = $2, updated_at = now() where arn = $1', [row.arn, version]);
  return { response: iam.SetDefaultPolicyVersionResponse.create(), touched: await touchHoldersOf(tx, row.arn) };
});

const tagPolicy = changes(iam.TagPolicyRequest, async (tx, { accountId }, { policyArn, tags }) => {
  const row = await own(tx, accountId, policyArn);
  await setTags(tx, row.arn, withTags(row.tags, tags));
  return { response: iam.TagPolicyResponse.create() };
});

const untagPolicy = changes(iam.UntagPolicyRequest, async (tx, { accountId }, { policyArn, tagKeys }) => {
  const row = await own(tx, accountId, policyArn);
  await setTags(tx, row.arn, withoutTags(row.tags, tagKeys));
  return { response: iam.UntagPolicyResponse.create() };
});

async function setTags(tx: Transaction, arn: string, tags: Readonly<Record<string, string>>): Promise<void> {
  await tx.query('update managed_policies set tags = $2 where arn = $1', [arn, JSON.stringify(tags)]);
}

const listPolicyTags = reads(iam.ListPolicyTagsRequest, async (db, { accountId }, input) => {
  const { tags } = await findPolicy(db, accountId, given(input.policyArn));
  return iam.ListPolicyTagsResponse.create(await tagPage(tags, input));
});

/** Managed policies and their versions. */
export const managedPolicyHandlers = {
  'iam.CreatePolicy': createPolicy,
  'iam.GetPolicy': getPolicy,
  'iam.DeletePolicy': deletePolicy,
  'iam.ListPolicies': listPolicies,
  'iam.CreatePolicyVersion': createPolicyVersion,
  'iam.GetPolicyVersion': getPolicyVersion,
  'iam.ListPolicyVersions': listPolicyVersions,
  'iam.DeletePolicyVersion': deletePolicyVersion,
  'iam.SetDefaultPolicyVersion': setDefaultPolicyVersion,
  'iam.TagPolicy': tagPolicy,
  'iam.UntagPolicy': untagPolicy,
  'iam.ListPolicyTags': listPolicyTags,
};
