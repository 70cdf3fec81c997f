import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { isUniqueViolation } from '@trent/postgres';
import type { Reader } from '../store/identities.ts';
import { changes, reads } from './call.ts';
import { given } from './names.ts';
import { QUOTAS } from './quotas.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html: an account has one alias, a new one takes its place. */
const createAccountAlias = changes(iam.CreateAccountAliasRequest, async (tx, { accountId }, input) => {
  const alias = given(input.accountAlias);
  try {
    await tx.query('update accounts set alias = $2 where account_id = $1', [accountId, alias]);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    fail('EntityAlreadyExists', `The account alias ${alias} already exists.`, { cause: error });
  }
  return { response: iam.CreateAccountAliasResponse.create() };
});

const deleteAccountAlias = changes(iam.DeleteAccountAliasRequest, async (tx, { accountId }, input) => {
  const alias = given(input.accountAlias);
  const { rowCount } = await tx.query('update accounts set alias = null where account_id = $1 and alias = $2', [accountId, alias]);
  if (rowCount === 0) fail('NoSuchEntity', `The account alias ${alias} cannot be found.`);
  return { response: iam.DeleteAccountAliasResponse.create() };
});

const listAccountAliases = reads(iam.ListAccountAliasesRequest, async (db, { accountId }) => {
  const { rows } = await db.query<{ alias: string }>('select alias from accounts where account_id = $1 and alias is not null', [accountId]);
  return iam.ListAccountAliasesResponse.create({ accountAliases: rows.map(({ alias }) => alias), isTruncated: false });
});

/** What the account has, by IAM's names. */
async function counted(db: Reader, accountId: string): Promise<Record<string, number>> {
  const { rows } = await db.query<Record<string, number>>(
    `select (select count(*)::int from principals where account_id = $1 and kind = 'User') as "Users",
       (select count(*)::int from principals where account_id = $1 and kind = 'Group') as "Groups",
       (select count(*)::int from principals where account_id = $1 and kind = 'Role') as "Roles",
       (select count(*)::int from managed_policies where account_id = $1) as "Policies",
       (select count(*)::int from policy_versions v join managed_policies m on m.arn = v.policy_arn where m.account_id = $1) as "PolicyVersionsInUse",
       (select count(*)::int from oidc_providers where account_id = $1) as "Providers",
       (select count(*)::int from mfa_devices where account_id = $1) as "MFADevices",
       (select count(*)::int from mfa_devices where account_id = $1 and user_arn is not null) as "MFADevicesInUse",
       (select count(*)::int from access_keys k join principals p on p.arn = k.principal_arn
         where p.account_id = $1 and p.kind = 'Root') as "AccountAccessKeysPresent"`,
    [accountId],
  );
  return rows[0] ?? {};
}

/** IAM's names of the quotas, and of what no account of Trent has. */
const FIXED: Readonly<Record<string, number>> = {
  UsersQuota: QUOTAS.users,
  GroupsQuota: QUOTAS.groups,
  RolesQuota: QUOTAS.roles,
  PoliciesQuota: QUOTAS.policies,
  UserPolicySizeQuota: QUOTAS.inlinePolicies.User,
  GroupPolicySizeQuota: QUOTAS.inlinePolicies.Group,
  RolePolicySizeQuota: QUOTAS.inlinePolicies.Role,
  PolicySizeQuota: QUOTAS.managedPolicy,
  AssumeRolePolicySizeQuota: QUOTAS.trustPolicy,
  VersionsPerPolicyQuota: QUOTAS.versionsPerPolicy,
  GroupsPerUserQuota: QUOTAS.groupsPerUser,
  AccessKeysPerUserQuota: QUOTAS.accessKeysPerUser,
  AttachedPoliciesPerUserQuota: QUOTAS.attachedPolicies,
  AttachedPoliciesPerGroupQuota: QUOTAS.attachedPolicies,
  AttachedPoliciesPerRoleQuota: QUOTAS.attachedPolicies,
  AccountMFAEnabled: 0,
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  ServerCertificates: 0,
  InstanceProfiles: 0,
};

const getAccountSummary = reads(iam.GetAccountSummaryRequest, async (db, { accountId }) => {
  const entries = Object.entries({ ...(await counted(db, accountId)), ...FIXED });
  return iam.GetAccountSummaryResponse.create({ summaryMap: new Map(entries) });
});

/** Trent's users have no passwords, so there is no policy of them. */
const getAccountPasswordPolicy = reads(iam.GetAccountPasswordPolicyRequest, (_db, { accountId }) =>
  Promise.resolve(fail('NoSuchEntity', `The Password Policy with domain name ${accountId} cannot be found.`)),
);

/** What is the account's own. */
export const accountHandlers = {
  'iam.CreateAccountAlias': createAccountAlias,
  'iam.DeleteAccountAlias': deleteAccountAlias,
  'iam.ListAccountAliases': listAccountAliases,
  'iam.GetAccountSummary': getAccountSummary,
  'iam.GetAccountPasswordPolicy': getAccountPasswordPolicy,
};
