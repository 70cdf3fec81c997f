import { fail } from '@trent/errors';
import type { Reader } from './identities.ts';

/** Whom a simulation takes the policies of. */
export interface SourceRow {
  readonly arn: string;
  readonly accountId: string;
  readonly kind: 'User' | 'Role' | 'Group';
  readonly uniqueId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A document on a user, role or group, on the groups of a user, or the boundary. */
export interface SimulatedRow {
  readonly usage: 'permissions' | 'boundary';
  /** IAM API reference, PolicySourceType. */
  readonly type: 'user' | 'group' | 'role' | 'aws-managed' | 'user-managed';
  /** Whom an inline policy is in; empty of managed ones. */
  readonly holder: string;
  readonly name: string;
  /** Empty of inline policies. */
  readonly arn: string;
  readonly document: string;
}

/** @throws NoSuchEntity */
export async function findSource(db: Reader, accountId: string, arn: string): Promise<SourceRow> {
  const { rows } = await db.query<SourceRow>(
    `select arn, account_id as "accountId", kind, unique_id as "uniqueId", tags from principals
     where arn = $1 and account_id = $2 and kind <> 'Root'`,
    [arn, accountId],
  );
  return rows[0] ?? fail('NoSuchEntity', `The entity ${arn} cannot be found.`);
}

/** Every document that decides about it, a managed policy once however often it is attached. */
export async function documentsOf(db: Reader, arn: string): Promise<SimulatedRow[]> {
  const { rows } = await db.query<SimulatedRow>(
    `with holders as (select $1::text as arn union select group_arn from group_members where user_arn = $1)
     select 'permissions' as usage, lower(p.kind) as type, p.name as holder, i.name, '' as arn, i.document
       from holders h join inline_policies i on i.holder_arn = h.arn join principals p on p.arn = h.arn
     union all
     select distinct 'permissions', case m.account_id when 'aws' then 'aws-managed' else 'user-managed' end, '', m.name, m.arn, v.document
       from holders h join attachments a on a.holder_arn = h.arn join managed_policies m on m.arn = a.policy_arn
       join policy_versions v on v.policy_arn = m.arn and v.version = m.default_version
     union all
     select 'boundary', case m.account_id when 'aws' then 'aws-managed' else 'user-managed' end, '', m.name, m.arn, v.document
       from principals p join managed_policies m on m.arn = p.boundary_arn
       join policy_versions v on v.policy_arn = m.arn and v.version = m.default_version
       where p.arn = $1
     order by 1, 2, 3, 4`,
    [arn],
  );
  return rows;
}
