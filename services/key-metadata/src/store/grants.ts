import { createHash } from 'node:crypto';
import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import type { Reader } from './keys.ts';

/** A grant's row; null stands for an absent member. */
export interface GrantRow {
  readonly keyId: string;
  readonly grantId: string;
  readonly name: string;
  readonly granteePrincipal: string | null;
  readonly granteeService: string | null;
  readonly retiringPrincipal: string | null;
  readonly retiringService: string | null;
  readonly operations: readonly string[];
  readonly contextEquals: Readonly<Record<string, string>> | null;
  readonly contextSubset: Readonly<Record<string, string>> | null;
  readonly sourceArn: string | null;
  readonly issuingAccount: string;
  /** Unique ids of the users or roles that the ARNs mean; empty where there is none. */
  readonly granteeId: string;
  readonly retiringId: string;
  readonly createdAt: Date;
}

/** A listed grant, with the account of its key. */
export interface ListedGrant extends GrantRow {
  readonly keyAccount: string;
}

/** AWS KMS developer guide, "Resource quotas". */
const MAX_GRANTS_PER_KEY = 50_000;

const COLUMNS = `g.key_id as "keyId", g.grant_id as "grantId", g.name, g.grantee_principal as "granteePrincipal",
  g.grantee_service as "granteeService", g.retiring_principal as "retiringPrincipal", g.retiring_service as "retiringService", g.operations,
  g.context_equals as "contextEquals", g.context_subset as "contextSubset", g.source_arn as "sourceArn",
  g.issuing_account as "issuingAccount", g.grantee_id as "granteeId", g.retiring_id as "retiringId", g.created_at as "createdAt"`;

/** What makes two grants of one name the same: grantee, retiring principal, operations and constraints in any order (AWS KMS API, CreateGrant, Name). */
export function fingerprintOf(grant: Omit<GrantRow, 'keyId' | 'grantId' | 'issuingAccount' | 'createdAt'>): Buffer {
  const sorted = (pairs: GrantRow['contextEquals']) => (pairs === null ? null : Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1)));
  const parts = [
    grant.name,
    grant.granteePrincipal,
    grant.granteeService,
    grant.retiringPrincipal,
    grant.retiringService,
    [...grant.operations].sort(),
    sorted(grant.contextEquals),
    sorted(grant.contextSubset),
    grant.sourceArn,
    grant.granteeId,
    grant.retiringId,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** The id of a grant of this name that is the same in all that counts. The key is locked. */
export async function findSameGrant(tx: Transaction, region: string, keyId: string, fingerprint: Buffer): Promise<string | undefined> {
  const { rows } = await tx.query<{ grantId: string }>(
    `select grant_id as "grantId" from grants where region = $1 and key_id = $2 and fingerprint = $3 and name <> '' limit 1`,
    [region, keyId, fingerprint],
    { name: 'same-grant' },
  );
  return rows[0]?.grantId;
}

/** Inserts a grant and counts it; returns the key's new version. The key is locked. @throws LimitExceededException */
export async function insertGrant(tx: Transaction, region: string, grant: Omit<GrantRow, 'createdAt'>): Promise<bigint> {
  const json = (pairs: GrantRow['contextEquals']) => (pairs === null ? null : JSON.stringify(pairs));
  await tx.query(
    `insert into grants (region, key_id, grant_id, name, grantee_principal, grantee_service, retiring_principal, retiring_service,
       operations, context_equals, context_subset, source_arn, issuing_account, fingerprint, grantee_id, retiring_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      region,
      grant.keyId,
      grant.grantId,
      grant.name,
      grant.granteePrincipal,
      grant.granteeService,
      grant.retiringPrincipal,
      grant.retiringService,
      grant.operations,
      json(grant.contextEquals),
      json(grant.contextSubset),
      grant.sourceArn,
      grant.issuingAccount,
      fingerprintOf(grant),
      grant.granteeId,
      grant.retiringId,
    ],
    { name: 'insert-grant' },
  );
  return count(tx, region, grant.keyId, 1);
}

/** Deletes a grant and counts it off; returns the key's new version, undefined if there is no such grant. The key is locked. */
export async function deleteGrant(tx: Transaction, region: string, keyId: string, grantId: string): Promise<bigint | undefined> {
  const { rowCount } = await tx.query(
    'delete from grants where region = $1 and key_id = $2 and grant_id = $3',
    [region, keyId, grantId],
    { name: 'delete-grant' }, // prettier-ignore
  );
  return rowCount === 0 ? undefined : count(tx, region, keyId, -1);
}

async function count(tx: Transaction, region: string, keyId: string, by: 1 | -1): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint; count: number }>(
    `update keys set authorisation_version = authorisation_version + 1, grant_count = grant_count + $3
     where region = $1 and key_id = $2 returning authorisation_version as version, grant_count as count`,
    [region, keyId, by],
    { name: 'count-grant' },
  );
  const [row] = rows;
  if (row === undefined) return fail('KMSInternalException');
  if (row.count > MAX_GRANTS_PER_KEY) fail('LimitExceededException', `The key already has ${String(MAX_GRANTS_PER_KEY)} grants.`);
  return row.version;
}

/** What ListGrants asks for; the filters hold together. */
export interface GrantFilter {
  readonly grantId: string | undefined;
  readonly granteePrincipal: string | undefined;
  readonly granteeService: string | undefined;
}

/** Grants of a key behind `after`, in the order of their ids. */
export async function listGrantsOfKey(
  db: Reader,
  region: string,
  keyId: string,
  filter: GrantFilter,
  after: string,
  limit: number,
): Promise<ListedGrant[]> {
  const grantee = filter.granteePrincipal ?? (filter.granteeService === undefined ? null : `service/${filter.granteeService}`);
  const { rows } = await db.query<ListedGrant>(
    `select ${COLUMNS}, k.account_id as "keyAccount" from grants g join keys k using (region, key_id)
     where g.region = $1 and g.key_id = $2 and g.grant_id > $3 and ($4::text is null or g.grant_id = $4) and ($5::text is null or g.grantee = $5)
     order by g.grant_id limit $6`,
    [region, keyId, after, filter.grantId ?? null, grantee, limit],
  );
  return rows;
}

/** Grants that a principal may retire, on whosever keys, behind a key and grant; `retiring` is an ARN or `service/…`. */
export async function listRetirable(
  db: Reader,
  region: string,
  retiring: string,
  after: { readonly keyId: string; readonly grantId: string },
  limit: number,
): Promise<ListedGrant[]> {
  const { rows } = await db.query<ListedGrant>(
    `select ${COLUMNS}, k.account_id as "keyAccount" from grants g join keys k using (region, key_id)
     where g.region = $1 and g.retiring = $2 and (g.key_id, g.grant_id) > ($3, $4) order by g.key_id, g.grant_id limit $5`,
    [region, retiring, after.keyId, after.grantId, limit],
    { name: 'retirable-grants' },
  );
  return rows;
}
