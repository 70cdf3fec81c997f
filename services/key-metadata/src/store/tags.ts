import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import type { Reader } from './keys.ts';

export interface TagRow {
  readonly tagKey: string;
  readonly tagValue: string;
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const MAX_TAGS_PER_KEY = 50;

/** Puts tags on a key, which must be locked or new: those that are there get the new values. @throws LimitExceededException */
export async function putTags(tx: Transaction, region: string, keyId: string, tags: readonly TagRow[]): Promise<void> {
  if (tags.length === 0) return;
  await tx.query(
    `insert into tags (region, key_id, tag_key, tag_value) select $1, $2, * from unnest($3::text[], $4::text[])
     on conflict (region, key_id, tag_key) do update set tag_value = excluded.tag_value`,
    [region, keyId, tags.map(({ tagKey }) => tagKey), tags.map(({ tagValue }) => tagValue)],
    { name: 'put-tags' },
  );
  const { rows } = await tx.query<{ count: bigint }>('select count(*) from tags where region = $1 and key_id = $2', [region, keyId]);
  if ((rows[0]?.count ?? 0n) > BigInt(MAX_TAGS_PER_KEY)) {
    fail('LimitExceededException', `The key can have ${String(MAX_TAGS_PER_KEY)} tags at most.`);
  }
}

/** Takes tags off a key, which must be locked; those that are not there are no matter. */
export async function deleteTags(tx: Transaction, region: string, keyId: string, tagKeys: readonly string[]): Promise<void> {
  await tx.query('delete from tags where region = $1 and key_id = $2 and tag_key = any($3::text[])', [region, keyId, tagKeys]);
}

/** Tags of a key behind `after`, in the order of their keys. */
export async function listTags(db: Reader, region: string, keyId: string, after: string, limit: number): Promise<TagRow[]> {
  const { rows } = await db.query<TagRow>(
    `select tag_key as "tagKey", tag_value as "tagValue" from tags
     where region = $1 and key_id = $2 and tag_key > $3 order by tag_key limit $4`,
    [region, keyId, after, limit],
    { name: 'tags' },
  );
  return rows;
}
