import type { Database } from '@trent/postgres';
import type { PrincipalNames } from '../authorize/named-principals.ts';

/** Who can hold rights: an account's root, a user or a role. */
export type HolderKind = 'Root' | 'User' | 'Role';

/** A document as it is attached: to the holder itself or to a group of it. */
export interface DocumentRow {
  readonly kind: 'identity' | 'boundary';
  /** A managed policy's ARN; of an inline one `user_<user>_<policy>`, as IAM's simulations call it. */
  readonly source: string;
  readonly document: string;
}

/** What decides about a user or role, of one moment. */
export interface HolderRow {
  readonly arn: string;
  readonly accountId: string;
  readonly kind: HolderKind;
  readonly uniqueId: string;
  readonly version: bigint;
  /** Empty for the root. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly trustPolicy: string | null;
  /** Seconds, of roles. */
  readonly maxSessionDuration: number | null;
  /** Of a user or role that is one: "s3". */
  readonly service: string | null;
  readonly documents: readonly DocumentRow[];
}

const HOLDER = `select p.arn, p.account_id as "accountId", p.kind, p.unique_id as "uniqueId", p.version, p.name, p.tags,
    p.trust_policy as "trustPolicy", p.max_session_duration as "maxSessionDuration", p.service,
    coalesce((select jsonb_agg(jsonb_build_object('kind', d.kind, 'source', d.source, 'document', d.document) order by d.kind, d.source)
      from principal_documents d where d.principal_arn = p.arn), '[]') as documents
  from principals p where p.arn = $1 and p.kind <> 'Group'`;

/** The holder with all that decides about it, in one snapshot; undefined when there is none. */
export async function findHolder(db: Database, arn: string, deadline: number): Promise<HolderRow | undefined> {
  const { rows } = await db.query<HolderRow>(HOLDER, [arn], { deadline, name: 'holder' });
  return rows[0];
}

/** When, where and for what a key was used. */
export interface KeyUse {
  readonly accessKeyId: string;
  readonly atMs: number;
  readonly service: string;
  readonly region: string;
}

/** Writes the last uses of access keys, many at once; an older one never replaces a newer one. */
export async function saveKeyUses(db: Database, uses: readonly KeyUse[], deadline: number): Promise<void> {
  await db.query(
    `update access_keys k set last_used_at = u.at, last_used_service = u.service, last_used_region = u.region
     from (select unnest($1::text[]) as id, to_timestamp(unnest($2::double precision[]) / 1000) as at, unnest($3::text[]) as service,
       unnest($4::text[]) as region) u
     where k.access_key_id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
    [
      uses.map(({ accessKeyId }) => accessKeyId),
      uses.map(({ atMs }) => atMs),
      uses.map(({ service }) => service),
      uses.map(({ region }) => region),
    ],
    { deadline },
  );
}

/** The unique ids of those of these principals that exist; all of them in one statement. */
export async function findPrincipalIds(
  db: Database,
  { arns, roles }: PrincipalNames,
  deadline: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ arn: string; id: string }>(
    `select p.arn, p.unique_id as id from principals p where p.arn = any($1) and p.kind <> 'Group'
     union all
     select s.arn, p.unique_id from unnest($2::text[], $3::text[], $4::text[]) as s (arn, account_id, name)
     join principals p on p.account_id = s.account_id and p.kind = 'Role' and lower(p.name) = lower(s.name) and p.name = s.name`,
    [arns, roles.map(({ arn }) => arn), roles.map(({ account }) => account), roles.map(({ name }) => name)],
    { deadline, name: 'principal-ids' },
  );
  return new Map(rows.map(({ arn, id }) => [arn, id]));
}
