import type { metadata } from '@trent/contracts';
import type { Database } from '@trent/postgres';
import { VISIBLE_STATE } from './keys.ts';
import { GRANT_JSON, grantOf, MAX_GRANTS_IN_VIEW, type GrantJson } from './grant-views.ts';

interface ViewRow {
  readonly query: number;
  readonly keyId: string;
  readonly accountId: string;
  readonly region: string;
  readonly keyState: string;
  readonly keySpec: string;
  readonly keyUsage: string;
  readonly origin: string;
  readonly multiRegion: boolean;
  readonly multiRegionKeyType: string;
  readonly version: bigint;
  readonly policy: string;
  readonly aliases: string[];
  readonly materialIds: string[];
  readonly tokens: Buffer[];
  readonly tagKeys: string[];
  readonly tagValues: string[];
  readonly grantCount: number;
  readonly grants: GrantJson[] | null;
  readonly customKeyStoreId: string;
}

/** One statement for any number of keys and aliases: queries come as arrays, an alias joins to its key. */
const VIEWS = `
  select q.query, k.key_id as "keyId", k.account_id as "accountId", k.region, ${VISIBLE_STATE} as "keyState", k.key_spec as "keySpec",
    k.key_usage as "keyUsage", k.origin, k.multi_region as "multiRegion", coalesce(k.multi_region_key_type, '') as "multiRegionKeyType", k.authorisation_version as version, k.policy,
    array(select a.alias_name from aliases a where a.region = k.region and a.key_id = k.key_id order by a.alias_name) as aliases,
    array(select m.material_id from materials m where m.region = k.region and m.key_id = k.key_id
          order by m.is_current desc, m.created_at desc, m.material_id) as "materialIds",
    array(select m.token from materials m where m.region = k.region and m.key_id = k.key_id
          order by m.is_current desc, m.created_at desc, m.material_id) as tokens,
    array(select t.tag_key from tags t where t.region = k.region and t.key_id = k.key_id order by t.tag_key) as "tagKeys",
    array(select t.tag_value from tags t where t.region = k.region and t.key_id = k.key_id order by t.tag_key) as "tagValues",
    coalesce(k.custom_key_store_id, '') as "customKeyStoreId", k.grant_count as "grantCount",
    case when k.grant_count between 1 and ${String(MAX_GRANTS_IN_VIEW)} then
      (select jsonb_agg(${GRANT_JSON} order by g.grant_id) from grants g where g.region = k.region and g.key_id = k.key_id) end as grants
  from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[]) as q (query, region, key_id, account_id, alias_name)
  left join aliases n on n.region = q.region and n.account_id = q.account_id and n.alias_name = q.alias_name
  join keys k on k.region = q.region and k.key_id = coalesce(q.key_id, n.key_id)`;

/** Views of all keys asked for; what does not exist is left out. @param deadline performance.now() milliseconds */
export async function loadKeyViews(
  db: Database,
  queries: readonly metadata.KeyViewQuery[],
  deadline: number,
): Promise<metadata.KeyViewAnswer[]> {
  const alias = ({ by }: metadata.KeyViewQuery) => (by?.$case === 'alias' ? by.value : undefined);
  const { rows } = await db.query<ViewRow>(
    VIEWS,
    [
      queries.map((_, index) => index),
      queries.map(({ region }) => region),
      queries.map(({ by }) => (by?.$case === 'keyId' ? by.value : null)),
      queries.map((query) => alias(query)?.accountId ?? null),
      queries.map((query) => alias(query)?.aliasName ?? null),
    ],
    { deadline, name: 'key-views' },
  );
  return rows.map((row) => ({ query: row.query, view: viewOf(row) }));
}

function viewOf(row: ViewRow): metadata.KeyView {
  return {
    keyId: row.keyId,
    accountId: row.accountId,
    region: row.region,
    keyState: row.keyState,
    keySpec: row.keySpec,
    keyUsage: row.keyUsage,
    origin: row.origin,
    multiRegion: row.multiRegion,
    multiRegionKeyType: row.multiRegionKeyType,
    customKeyStoreId: row.customKeyStoreId,
    authorisationVersion: row.version,
    policy: row.policy,
    grants: (row.grants ?? []).map(grantOf),
    grantsElsewhere: row.grantCount > MAX_GRANTS_IN_VIEW,
    aliases: row.aliases,
    materials: row.materialIds.map((materialId, index) => ({ materialId, token: row.tokens[index] ?? Buffer.alloc(0) })),
    tags: new Map(row.tagKeys.map((key, index) => [key, row.tagValues[index] ?? ''])),
  };
}
