import type { Database } from '@trent/postgres';
import type { OidcProvider } from '../sts/web-identity.ts';

/** The account's OpenID Connect provider with this URL (without scheme). */
export async function findOidcProvider(db: Database, accountId: string, url: string, deadline: number): Promise<OidcProvider | undefined> {
  const { rows } = await db.query<OidcProvider>(
    `select arn, url, client_ids as "clientIds", thumbprints from oidc_providers where account_id = $1 and url = $2`,
    [accountId, url],
    { deadline, name: 'oidc-provider' },
  );
  return rows[0];
}

/** An MFA device that is enabled for a user. */
export interface MfaDeviceRow {
  readonly sealedSeed: Buffer;
  readonly driftSteps: number;
}

/** The device of this user; undefined when there is none of this serial number. */
export async function findMfaDevice(
  db: Database,
  serialNumber: string,
  userArn: string,
  deadline: number,
): Promise<MfaDeviceRow | undefined> {
  const { rows } = await db.query<MfaDeviceRow>(
    `select sealed_seed as "sealedSeed", drift_steps as "driftSteps" from mfa_devices
     where serial_number = $1 and user_arn = $2 and enabled_at is not null`,
    [serialNumber, userArn],
    { deadline },
  );
  return rows[0];
}

/** Takes the code of a step; false: this one or a later one was taken before, by whichever replica. */
export async function takeMfaStep(db: Database, serialNumber: string, step: number, deadline: number): Promise<boolean> {
  const { rowCount } = await db.query(
    'update mfa_devices set last_step = $2 where serial_number = $1 and last_step < $2',
    [serialNumber, step],
    {
      deadline,
    },
  );
  return rowCount > 0;
}

/** The texts of managed policies; those that are not there are missing. */
export async function findManagedPolicies(
  db: Database,
  arns: readonly string[],
  accountId: string,
  deadline: number,
): Promise<{ readonly source: string; readonly document: string }[]> {
  const { rows } = await db.query<{ source: string; document: string }>(
    `select m.arn as source, v.document from managed_policies m
     join policy_versions v on v.policy_arn = m.arn and v.version = m.default_version
     where m.arn = any($1) and m.account_id in ($2, 'aws')`,
    [arns, accountId],
    { deadline },
  );
  return rows;
}

/** The account of a long-term access key. */
export async function findAccountOfKey(db: Database, accessKeyId: string, deadline: number): Promise<string | undefined> {
  const { rows } = await db.query<{ accountId: string }>(
    'select p.account_id as "accountId" from access_keys k join principals p on p.arn = k.principal_arn where k.access_key_id = $1',
    [accessKeyId],
    { deadline },
  );
  return rows[0]?.accountId;
}
