import { fail } from '@trent/errors';
import { aliasArn, type AccountId, type AliasName, type RegionName } from '@trent/identifiers';
import { isUniqueViolation, type Transaction } from '@trent/postgres';
import type { Reader } from './keys.ts';

export interface AliasRow {
  readonly aliasName: AliasName;
  readonly keyId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const MAX_ALIASES_PER_KEY = 50;

/** What names an alias. */
export interface AliasKey {
  readonly region: RegionName;
  readonly accountId: AccountId;
  readonly aliasName: AliasName;
}

/** Grows with every change of any alias, by Postgres' clock: an alias that is deleted and made again has no row to count in. */
const VERSION = '(extract(epoch from clock_timestamp()) * 1000000)::bigint as version';

/** Names a key, which must be locked. @throws AlreadyExistsException, LimitExceededException */
export async function insertAlias(
  tx: Transaction,
  region: RegionName,
  accountId: AccountId,
  aliasName: AliasName,
  keyId: string,
): Promise<void> {
  await checkRoom(tx, region, keyId);
  try {
    await tx.query('insert into aliases (region, account_id, alias_name, key_id) values ($1, $2, $3, $4)', [
      region,
      accountId,
      aliasName,
      keyId,
    ]);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    fail('AlreadyExistsException', `An alias with the name ${aliasArn(region, accountId, aliasName)} already exists`, { cause: error });
  }
}

/**
 * Points an alias at another key, or at its own again; both must be locked.
 * @returns the alias's new version
 * @throws LimitExceededException; KMSInternalException when the alias names another key by now: a repeat is authorised on that one
 */
export async function moveAlias(tx: Transaction, alias: AliasKey, from: string, to: string): Promise<bigint> {
  if (from !== to) await checkRoom(tx, alias.region, to);
  const { rows } = await tx.query<{ version: bigint }>(
    `update aliases set key_id = $5, updated_at = now() where region = $1 and account_id = $2 and alias_name = $3 and key_id = $4
     returning ${VERSION}`,
    [alias.region, alias.accountId, alias.aliasName, from, to],
  );
  return rows[0]?.version ?? movedAway();
}

/** Removes an alias of this key, which must be locked. @returns its last version @throws as moveAlias */
export async function dropAlias(tx: Transaction, alias: AliasKey, keyId: string): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `delete from aliases where region = $1 and account_id = $2 and alias_name = $3 and key_id = $4 returning ${VERSION}`,
    [alias.region, alias.accountId, alias.aliasName, keyId],
  );
  return rows[0]?.version ?? movedAway();
}

function movedAway(): never {
  return fail('KMSInternalException', '', { cause: 'the alias was changed at the same time' });
}

async function checkRoom(tx: Transaction, region: string, keyId: string): Promise<void> {
  const { rows } = await tx.query<{ count: bigint }>('select count(*) from aliases where region = $1 and key_id = $2', [region, keyId]);
  if ((rows[0]?.count ?? 0n) >= BigInt(MAX_ALIASES_PER_KEY)) {
    fail('LimitExceededException', `The key already has ${String(MAX_ALIASES_PER_KEY)} aliases.`);
  }
}

/** Two statements, each with the index it needs: one for all (account's names in order), one for a key (its names in order). */
const LIST = `select alias_name as "aliasName", key_id as "keyId", created_at as "createdAt", updated_at as "updatedAt" from aliases`;
const LIST_ALL = `${LIST} where region = $1 and account_id = $2 and alias_name > $3 order by alias_name limit $4`;
const LIST_OF_KEY = `${LIST} where region = $1 and account_id = $2 and alias_name > $3 and key_id = $5 order by region, key_id, alias_name limit $4`;

/** Aliases behind `after` in the order of their names; of one key if `keyId` is given. */
export async function listAliases(
  db: Reader,
  scope: { readonly region: string; readonly accountId: string; readonly keyId: string | undefined },
  after: string,
  limit: number,
): Promise<AliasRow[]> {
  const { region, accountId, keyId } = scope;
  const { rows } =
    keyId === undefined
      ? await db.query<AliasRow>(LIST_ALL, [region, accountId, after, limit], { name: 'aliases' })
      : await db.query<AliasRow>(LIST_OF_KEY, [region, accountId, after, limit, keyId], { name: 'aliases-of-key' });
  return rows;
}
