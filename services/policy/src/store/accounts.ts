import { fail } from '@trent/errors';
import { rootArn, type AccountId } from '@trent/identifiers';
import { isUniqueViolation, type Database, type Transaction } from '@trent/postgres';

/** An access key as it is stored. */
export interface AccessKeyRow {
  readonly principalArn: string;
  readonly sealedSecret: Buffer;
  readonly active: boolean;
}

/** The access key; undefined when there is none. */
export async function findAccessKey(db: Database, accessKeyId: string, deadline: number): Promise<AccessKeyRow | undefined> {
  const { rows } = await db.query<AccessKeyRow>(
    'select principal_arn as "principalArn", sealed_secret as "sealedSecret", active from access_keys where access_key_id = $1',
    [accessKeyId],
    { deadline, name: 'access-key' },
  );
  return rows[0];
}

/** ARN of the principal that a client certificate is mapped to; undefined when it is mapped to none. */
export async function findCertificate(db: Database, spiffeId: string, deadline: number): Promise<string | undefined> {
  const { rows } = await db.query<{ principalArn: string }>(
    'select principal_arn as "principalArn" from certificates where spiffe_id = $1',
    [spiffeId],
    { deadline, name: 'certificate' },
  );
  return rows[0]?.principalArn;
}

/**
 * Makes an account with its root user.
 * @throws EntityAlreadyExists when the id is taken
 */
export async function insertAccount(tx: Transaction, accountId: AccountId, name: string): Promise<void> {
  try {
    await tx.query('insert into accounts (account_id, name) values ($1, $2)', [accountId, name]);
  } catch (error) {
    if (isUniqueViolation(error)) fail('EntityAlreadyExists', `Account ${accountId} already exists.`, { cause: error });
    throw error;
  }
  await tx.query(`insert into principals (arn, account_id, kind, unique_id) values ($1, $2, 'Root', $2)`, [rootArn(accountId), accountId]);
}

/** @throws NoSuchEntity when the account has no such principal */
export async function insertAccessKey(tx: Transaction, accessKeyId: string, principalArn: string, sealedSecret: Buffer): Promise<void> {
  const { rowCount } = await tx.query(
    'insert into access_keys (access_key_id, principal_arn, sealed_secret) select $1, arn, $3 from principals where arn = $2',
    [accessKeyId, principalArn, sealedSecret],
  );
  if (rowCount === 0) fail('NoSuchEntity', `The principal ${principalArn} cannot be found.`);
}

/** Maps a client certificate to a principal; a mapping that is there is replaced. Returns the principal's version. */
export async function upsertCertificate(tx: Transaction, spiffeId: string, principalArn: string): Promise<bigint> {
  const version = await raiseVersion(tx, principalArn);
  await tx.query(
    `insert into certificates (spiffe_id, principal_arn) values ($1, $2)
     on conflict (spiffe_id) do update set principal_arn = excluded.principal_arn`,
    [spiffeId, principalArn],
  );
  return version;
}

/** Activates or deactivates an access key; returns its principal at its new version. */
export async function updateAccessKeyStatus(
  tx: Transaction,
  accessKeyId: string,
  active: boolean,
): Promise<{ readonly principalArn: string; readonly version: bigint }> {
  const { rows } = await tx.query<{ principalArn: string }>(
    'update access_keys set active = $2 where access_key_id = $1 returning principal_arn as "principalArn"',
    [accessKeyId, active],
  );
  const principalArn = rows[0]?.principalArn ?? fail('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found`);
  return { principalArn, version: await raiseVersion(tx, principalArn) };
}

/** @throws NoSuchEntity */
export async function raiseVersion(tx: Transaction, principalArn: string): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update principals set version = nextval('principal_versions') where arn = $1 returning version`,
    [principalArn],
  );
  return rows[0]?.version ?? fail('NoSuchEntity', `The principal ${principalArn} cannot be found.`);
}
