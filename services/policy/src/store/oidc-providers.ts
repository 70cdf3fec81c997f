import { fail } from '@trent/errors';
import type { Reader } from './identities.ts';

/** An OpenID Connect provider as it is stored. */
export interface ProviderRow {
  readonly arn: string;
  readonly accountId: string;
  /** Host and path, without the scheme. */
  readonly url: string;
  readonly clientIds: readonly string[];
  /** SHA-1 of a certificate of the provider's chain, lower-case hex. */
  readonly thumbprints: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

const COLUMNS = `arn, account_id as "accountId", url, client_ids as "clientIds", thumbprints, tags, created_at as "createdAt"`;

/** @throws NoSuchEntity */
export async function findProvider(tx: Reader, accountId: string, arn: string, lock: '' | 'for update' = ''): Promise<ProviderRow> {
  const { rows } = await tx.query<ProviderRow>(`select ${COLUMNS} from oidc_providers where arn = $1 and account_id = $2 ${lock}`, [
    arn,
    accountId,
  ]);
  return rows[0] ?? fail('NoSuchEntity', `OpenIDConnect Provider not found for arn ${arn}`);
}

/** The account's providers, by ARN. */
export async function listProviders(tx: Reader, accountId: string): Promise<ProviderRow[]> {
  const { rows } = await tx.query<ProviderRow>(`select ${COLUMNS} from oidc_providers where account_id = $1 order by arn`, [accountId]);
  return rows;
}
