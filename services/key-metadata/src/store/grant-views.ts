import type { metadata } from '@trent/contracts';
import type { Database } from '@trent/postgres';

/** Grants in one answer to policy: some 300 bytes each, well below gRPC's 4 MB. */
const LOADED_AT_ONCE = 5_000;
/** A key with more grants shows none in its view: 256 views in one answer stay below gRPC's 4 MB. */
export const MAX_GRANTS_IN_VIEW = 16;

/** Grants of one key for policy, with the version of the key that they are of: one statement, so that both are of one moment. */
export async function loadGrants(
  db: Database,
  request: metadata.LoadGrantsRequest,
  deadline: number,
): Promise<metadata.LoadGrantsResponse> {
  const { rows } = await db.query<{ version: bigint; grants: GrantJson[] }>(
    `select k.authorisation_version as version, coalesce((select jsonb_agg(${GRANT_JSON} order by g.grant_id) from (
         select * from grants g where g.region = k.region and g.key_id = k.key_id and g.grant_id > $3
           and (g.grant_id = $4 or ($4 = '' and g.grantee = any($5))) order by g.grant_id limit $6) g), '[]') as grants
     from keys k where k.region = $1 and k.key_id = $2`,
    [request.region, request.keyId, request.afterGrantId, request.grantId, request.grantees, LOADED_AT_ONCE + 1],
    { deadline, name: 'load-grants' },
  );
  const grants = rows[0]?.grants ?? [];
  return {
    authorisationVersion: rows[0]?.version ?? 0n,
    grants: grants.slice(0, LOADED_AT_ONCE).map(grantOf),
    truncated: grants.length > LOADED_AT_ONCE,
  };
}

/** A grant `g` as jsonb, for statements that read many at once. */
export const GRANT_JSON = `jsonb_build_object('id', g.grant_id, 'grantee', g.grantee_principal, 'granteeService', g.grantee_service,
  'retiring', g.retiring_principal, 'retiringService', g.retiring_service, 'operations', g.operations, 'equals', g.context_equals,
  'subset', g.context_subset, 'source', g.source_arn, 'issuer', g.issuing_account, 'granteeId', g.grantee_id,
  'retiringId', g.retiring_id)`;

/** What `GRANT_JSON` makes. */
export interface GrantJson {
  readonly id: string;
  readonly grantee: string | null;
  readonly granteeService: string | null;
  readonly retiring: string | null;
  readonly retiringService: string | null;
  readonly operations: string[];
  readonly equals: Record<string, string> | null;
  readonly subset: Record<string, string> | null;
  readonly source: string | null;
  readonly issuer: string;
  readonly granteeId: string;
  readonly retiringId: string;
}

/** A grant as policy gets it. */
export function grantOf(grant: GrantJson): metadata.Grant {
  return {
    grantId: grant.id,
    granteePrincipal: grant.grantee ?? '',
    retiringPrincipal: grant.retiring ?? '',
    operations: grant.operations,
    encryptionContextEquals: new Map(Object.entries(grant.equals ?? {})),
    encryptionContextSubset: new Map(Object.entries(grant.subset ?? {})),
    issuingAccount: grant.issuer,
    granteeServicePrincipal: grant.granteeService ?? '',
    retiringServicePrincipal: grant.retiringService ?? '',
    sourceArn: grant.source ?? '',
    granteeId: grant.granteeId,
    retiringId: grant.retiringId,
  };
}
