import type { IdentityKind, Reader } from './identities.ts';
import type { VersionRow } from './policies.ts';

/** One entity of an account in the order in which details are paged: users, groups, roles, policies. */
export interface EntityKey {
  readonly key: string;
  readonly arn: string;
}

/** What is asked for. */
export interface EntityFilter {
  readonly kinds: readonly IdentityKind[];
  /** Accounts whose managed policies are listed: the own one, `aws`. */
  readonly policyOwners: readonly string[];
}

/** Of the documents of a page; an entity's own are at least this page's. */
const MAX_PAGE_BYTES = 256 * 1024;

/** Entities after `after`, `limit` at most, fewer when their documents are long; one at least if there is one. */
export async function listEntities(
  db: Reader,
  accountId: string,
  { kinds, policyOwners }: EntityFilter,
  after: string,
  limit: number,
): Promise<EntityKey[]> {
  const { rows } = await db.query<EntityKey>(
    `with entities as (
       select case p.kind when 'User' then '1' when 'Group' then '2' else '3' end || lower(p.name) as key, p.arn,
         coalesce(length(p.trust_policy), 0) + coalesce((select sum(length(i.document)) from inline_policies i where i.holder_arn = p.arn), 0) as size
       from principals p where p.account_id = $1 and p.kind = any($2)
       union all
       select '4' || m.arn, m.arn, (select sum(length(v.document)) from policy_versions v where v.policy_arn = m.arn)
       from managed_policies m where m.account_id = any($3)
     ), page as (
       select key collate "C" as key, arn, size from entities where key collate "C" > $4 order by key collate "C" limit $5
     )
     select key, arn from (select key, arn, sum(size) over (order by key) - size as before from page) sized
     where before < $6 order by key`,
    [accountId, kinds, policyOwners, after, limit, MAX_PAGE_BYTES],
  );
  return rows;
}

/** Something that belongs to a user, role or group. */
export interface HeldRow {
  readonly holder: string;
  readonly name: string;
}

/** The policies inside these. */
export async function inlineOfAll(db: Reader, arns: readonly string[]): Promise<(HeldRow & { readonly document: string })[]> {
  const { rows } = await db.query<HeldRow & { readonly document: string }>(
    'select holder_arn as holder, name, document from inline_policies where holder_arn = any($1) order by name collate "C"',
    [arns],
  );
  return rows;
}

/** The managed policies on these. */
export async function attachedToAll(db: Reader, arns: readonly string[]): Promise<(HeldRow & { readonly arn: string })[]> {
  const { rows } = await db.query<HeldRow & { readonly arn: string }>(
    `select a.holder_arn as holder, m.name, m.arn from attachments a join managed_policies m on m.arn = a.policy_arn
     where a.holder_arn = any($1) order by m.arn collate "C"`,
    [arns],
  );
  return rows;
}

/** The groups of these users. */
export async function groupsOfAll(db: Reader, arns: readonly string[]): Promise<HeldRow[]> {
  const { rows } = await db.query<HeldRow>(
    `select g.user_arn as holder, p.name from group_members g join principals p on p.arn = g.group_arn
     where g.user_arn = any($1) order by lower(p.name) collate "C"`,
    [arns],
  );
  return rows;
}

/** All versions of these policies, the newest first. */
export async function versionsOfAll(db: Reader, arns: readonly string[]): Promise<(VersionRow & { readonly holder: string })[]> {
  const { rows } = await db.query<VersionRow & { readonly holder: string }>(
    `select policy_arn as holder, version, document, created_at as "createdAt" from policy_versions
     where policy_arn = any($1) order by version desc`,
    [arns],
  );
  return rows;
}
