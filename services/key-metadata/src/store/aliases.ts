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

/** @throws AlreadyExistsException, LimitExceededException */
export async function insertAlias(
  tx: Transaction,
  region: RegionName,
  accountId: AccountId,
  aliasName: AliasName,
  keyId: string,
): Promise<void> {
  const { rows } = await tx.query<{ count: bigint }>('select count(*) from aliases where region = $1 and key_id = $2', [region, keyId]);
  if ((rows[0]?.count ?? 0n) >= BigInt(MAX_ALIASES_PER_KEY)) {
    fail('LimitExceededException', `The key already has ${String(MAX_ALIASES_PER_KEY)} aliases.`);
  }
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

/** Aliases behind `after` in the order of their names; of one key if `keyId` is given. */
export async function listAliases(
  db: Reader,
  scope: { readonly region: string; readonly accountId: string; readonly keyId: string | undefined },
  after: string,
  limit: number,
): Promise<AliasRow[]> {
  const { rows } = await db.query<AliasRow>(
    `select alias_name as "aliasName", key_id as "keyId", created_at as "createdAt", updated_at as "updatedAt"
     from aliases where region = $1 and account_id = $2 and alias_name > $3 and ($4::text is null or key_id = $4)
     order by alias_name limit $5`,
    [scope.region, scope.accountId, after, scope.keyId ?? null, limit],
  );
  return rows;
}
