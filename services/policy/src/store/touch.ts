import type { Transaction } from '@trent/postgres';
import type { IdentityRow } from './identities.ts';

/** A user or role whose rights changed, at its new version. */
export interface Touched {
  readonly arn: string;
  readonly version: bigint;
}

const RAISE = `update principals set version = nextval('principal_versions')`;

/** The rights of a root, user or role changed; of a group, those of all its users. */
export async function touch(tx: Transaction, identity: Pick<IdentityRow, 'arn' | 'kind'>): Promise<readonly Touched[]> {
  const whom = identity.kind === 'Group' ? 'arn in (select user_arn from group_members where group_arn = $1)' : 'arn = $1';
  const { rows } = await tx.query<Touched>(`${RAISE} where ${whom} returning arn, version`, [identity.arn]);
  return rows;
}

/** A managed policy says something else: whoever has it, by itself, by a group or as boundary, has other rights. */
export async function touchHoldersOf(tx: Transaction, policyArn: string): Promise<readonly Touched[]> {
  const { rows } = await tx.query<Touched>(
    `with holders as (select holder_arn as arn from attachments where policy_arn = $1)
     ${RAISE} where kind in ('User', 'Role') and (boundary_arn = $1 or arn in (
       select arn from holders union select user_arn from group_members join holders on arn = group_arn
     )) returning arn, version`,
    [policyArn],
  );
  return rows;
}
