import type { Transaction } from '@trent/postgres';
import type { Reader } from './keys.ts';

export interface TagRow {
  readonly tagKey: string;
  readonly tagValue: string;
}

/** Inserts the tags of a new key. */
export async function insertTags(tx: Transaction, region: string, keyId: string, tags: readonly TagRow[]): Promise<void> {
  if (tags.length === 0) return;
  await tx.query('insert into tags (region, key_id, tag_key, tag_value) select $1, $2, * from unnest($3::text[], $4::text[])', [
    region,
    keyId,
    tags.map(({ tagKey }) => tagKey),
    tags.map(({ tagValue }) => tagValue),
  ]);
}

/** Tags of a key behind `after`, in the order of their keys. */
export async function listTags(db: Reader, region: string, keyId: string, after: string, limit: number): Promise<TagRow[]> {
  const { rows } = await db.query<TagRow>(
    `select tag_key as "tagKey", tag_value as "tagValue" from tags
     where region = $1 and key_id = $2 and tag_key > $3 order by tag_key limit $4`,
    [region, keyId, after, limit],
  );
  return rows;
}
