import type { Database } from '@trent/postgres';
import type { IdentityLookup, KnownIdentity } from '../authorize/identity-resource.ts';

const KINDS: Readonly<Record<string, string>> = { user: 'User', role: 'Role', group: 'Group' };

/** Look-ups for decisions about IAM's own resources. */
export function identityLookup(db: Database): IdentityLookup {
  const one = async (text: string, values: readonly unknown[], deadline: number): Promise<KnownIdentity | undefined> =>
    (await db.query<KnownIdentity>(text, values, { deadline })).rows[0];
  return {
    byName: (account, kind, name, deadline) =>
      kind === 'mfa'
        ? one(
            `select serial_number as arn, tags, null as "boundaryArn" from mfa_devices where account_id = $1 and lower(name) = lower($2)`,
            [account, name],
            deadline,
          )
        : one(
            `select arn, tags, boundary_arn as "boundaryArn" from principals where account_id = $1 and kind = $2 and lower(name) = lower($3)`,
            [account, KINDS[kind], name],
            deadline,
          ),
    byArn: (arn, deadline) =>
      one(
        `select arn, tags, boundary_arn as "boundaryArn" from principals where arn = $1
         union all select arn, tags, null from managed_policies where arn = $1
         union all select arn, tags, null from oidc_providers where arn = $1
         union all select serial_number, tags, null from mfa_devices where serial_number = $1`,
        [arn],
        deadline,
      ),
    ofAccessKey: (accessKeyId, deadline) =>
      one(
        `select p.arn, p.tags, p.boundary_arn as "boundaryArn" from access_keys k join principals p on p.arn = k.principal_arn
         where k.access_key_id = $1`,
        [accessKeyId],
        deadline,
      ),
  };
}
