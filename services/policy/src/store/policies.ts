import { fail } from '@trent/errors';
import { isUniqueViolation, type Transaction } from '@trent/postgres';
import type { IdentityRow, Reader } from './identities.ts';

/** A managed policy as it is stored, with how many have it. */
export interface PolicyRow {
  readonly arn: string;
  /** `aws`: one of AWS's own, which nobody changes. */
  readonly accountId: string;
  readonly name: string;
  readonly path: string;
  readonly policyId: string;
  readonly description: string | null;
  readonly defaultVersion: number;
  readonly lastVersion: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly attachmentCount: number;
  readonly boundaryCount: number;
}

/** One version of a managed policy. */
export interface VersionRow {
  readonly version: number;
  readonly document: string;
  readonly createdAt: Date;
}

/** Of whom uses are counted: the asking account's; AWS's own policies are everybody's. */
const COLUMNS = `m.arn, m.account_id as "accountId", m.name, m.path, m.policy_id as "policyId", m.description,
  m.default_version as "defaultVersion", m.last_version as "lastVersion", m.tags, m.created_at as "createdAt", m.updated_at as "updatedAt",
  (select count(*)::int from attachments a join principals p on p.arn = a.holder_arn
    where a.policy_arn = m.arn and p.account_id = $1) as "attachmentCount",
  (select count(*)::int from principals p where p.boundary_arn = m.arn and p.account_id = $1) as "boundaryCount"`;

/** @throws NoSuchEntity for what is not there, or is another account's */
export async function findPolicy(tx: Reader, accountId: string, arn: string, lock: '' | 'for update of m' = ''): Promise<PolicyRow> {
  const { rows } = await tx.query<PolicyRow>(
    `select ${COLUMNS} from managed_policies m where m.arn = $2 and m.account_id in ($1, 'aws') ${lock}`,
    [accountId, arn],
  );
  return rows[0] ?? fail('NoSuchEntity', `Policy ${arn} was not found.`);
}

/** Several by their ARNs, in no order; those that are not there are left out. */
export async function findPolicies(tx: Reader, accountId: string, arns: readonly string[]): Promise<PolicyRow[]> {
  return (await tx.query<PolicyRow>(`select ${COLUMNS} from managed_policies m where m.arn = any($2)`, [accountId, arns])).rows;
}

/** What ListPolicies may ask for. */
export interface PolicyFilter {
  readonly scope: 'All' | 'AWS' | 'Local';
  readonly onlyAttached: boolean;
  readonly pathPrefix: string;
  /** Counts uses as permissions policy, as boundary, or both. */
  readonly usage: 'PermissionsPolicy' | 'PermissionsBoundary' | undefined;
}

/** Managed policies in the order of their ARNs, those after `after`. */
export async function listPolicies(
  tx: Reader,
  accountId: string,
  filter: PolicyFilter,
  after: string,
  limit: number,
): Promise<PolicyRow[]> {
  const owners = filter.scope === 'All' ? [accountId, 'aws'] : [filter.scope === 'AWS' ? 'aws' : accountId];
  const { rows } = await tx.query<PolicyRow>(
    `select * from (
       select ${COLUMNS} from managed_policies m where m.account_id = any($2) and starts_with(m.path, $3) and m.arn collate "C" > $4
     ) found
     where (not $5 or "attachmentCount" > 0 or "boundaryCount" > 0)
       and ($6::text is null or ($6 = 'PermissionsPolicy' and "attachmentCount" > 0) or ($6 = 'PermissionsBoundary' and "boundaryCount" > 0))
     order by arn collate "C" limit $7`,
    [accountId, owners, filter.pathPrefix, after, filter.onlyAttached, filter.usage ?? null, limit],
  );
  return rows;
}

/** What a new policy starts with. */
export type NewPolicy = Pick<PolicyRow, 'arn' | 'accountId' | 'name' | 'path' | 'policyId' | 'description' | 'tags'> & {
  readonly document: string;
};

/** @throws EntityAlreadyExists when the name is taken, in whatever case */
export async function insertPolicy(tx: Transaction, policy: NewPolicy): Promise<void> {
  const { arn, accountId, name, path, policyId, description, tags, document } = policy;
  try {
    await tx.query(
      'insert into managed_policies (arn, account_id, name, path, policy_id, description, tags) values ($1, $2, $3, $4, $5, $6, $7)',
      [arn, accountId, name, path, policyId, description, JSON.stringify(tags)],
    );
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    fail('EntityAlreadyExists', `A policy called ${name} already exists. Duplicate names are not allowed.`, { cause: error });
  }
  await tx.query('insert into policy_versions (policy_arn, version, document) values ($1, 1, $2)', [arn, document]);
}

/** How many managed policies the account has. */
export async function countPolicies(tx: Reader, accountId: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>('select count(*)::int as count from managed_policies where account_id = $1', [
    accountId,
  ]);
  return rows[0]?.count ?? 0;
}

/** The versions of a policy, the newest first. */
export async function versionsOf(tx: Reader, policyArn: string): Promise<VersionRow[]> {
  const { rows } = await tx.query<VersionRow>(
    'select version, document, created_at as "createdAt" from policy_versions where policy_arn = $1 order by version desc',
    [policyArn],
  );
  return rows;
}

/** Adds a version with the next number, as default if it is to be. */
export async function insertVersion(tx: Transaction, policyArn: string, document: string, isDefault: boolean): Promise<VersionRow> {
  const { rows } = await tx.query<VersionRow>(
    `with next as (
       update managed_policies set last_version = last_version + 1, updated_at = now(),
         default_version = case when $3 then last_version + 1 else default_version end
       where arn = $1 returning last_version
     )
     insert into policy_versions (policy_arn, version, document) select $1, last_version, $2 from next
     returning version, document, created_at as "createdAt"`,
    [policyArn, document, isDefault],
  );
  return rows[0] ?? fail('ServiceFailure');
}

/** A managed policy on somebody. */
export interface AttachedRow {
  readonly arn: string;
  readonly name: string;
}

/** The managed policies on a user, group or role, by ARN. */
export async function attachedTo(tx: Reader, holderArn: string, pathPrefix: string, after: string, limit: number): Promise<AttachedRow[]> {
  const { rows } = await tx.query<AttachedRow>(
    `select m.arn, m.name from attachments a join managed_policies m on m.arn = a.policy_arn
     where a.holder_arn = $1 and starts_with(m.path, $2) and m.arn collate "C" > $3 order by m.arn collate "C" limit $4`,
    [holderArn, pathPrefix, after, limit],
  );
  return rows;
}

/** Whether there is a row: attaching twice is no error. */
export async function attach(tx: Transaction, holder: IdentityRow, policyArn: string): Promise<boolean> {
  const { rowCount } = await tx.query('insert into attachments (holder_arn, policy_arn) values ($1, $2) on conflict do nothing', [
    holder.arn,
    policyArn,
  ]);
  return rowCount > 0;
}

/** Whether there was a row. */
export async function detach(tx: Transaction, holder: IdentityRow, policyArn: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from attachments where holder_arn = $1 and policy_arn = $2', [holder.arn, policyArn]);
  return rowCount > 0;
}

/** A policy inside a user, group or role. */
export interface InlineRow {
  readonly name: string;
  readonly document: string;
}

/** The policies inside a user, group or role, by name. */
export async function inlineOf(tx: Reader, holderArn: string): Promise<InlineRow[]> {
  const { rows } = await tx.query<InlineRow>('select name, document from inline_policies where holder_arn = $1 order by name collate "C"', [
    holderArn,
  ]);
  return rows;
}

/** Writes one, over one of the same name. */
export async function putInline(tx: Transaction, holderArn: string, name: string, document: string): Promise<void> {
  await tx.query(
    `insert into inline_policies (holder_arn, name, document) values ($1, $2, $3)
     on conflict (holder_arn, name) do update set document = excluded.document`,
    [holderArn, name, document],
  );
}
