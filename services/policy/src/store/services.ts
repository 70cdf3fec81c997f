import { fail } from '@trent/errors';
import type { Database, Transaction } from '@trent/postgres';

/** A user or role that is a service. */
export interface ServiceRow {
  readonly principalArn: string;
  readonly service: string;
}

/** Makes a user or role a service, or with null none any more. Returns its new version. @throws NoSuchEntity */
export async function updateService(tx: Transaction, principalArn: string, service: string | null): Promise<bigint> {
  const { rows } = await tx.query<{ version: bigint }>(
    `update principals set service = $2, version = nextval('principal_versions') where arn = $1 and kind in ('User', 'Role') returning version`,
    [principalArn, service],
  );
  return rows[0]?.version ?? fail('NoSuchEntity', `The user or role ${principalArn} cannot be found.`);
}

/** All services, in the order of their ARNs. */
export async function listServices(db: Database, deadline: number): Promise<ServiceRow[]> {
  const { rows } = await db.query<ServiceRow>(
    'select arn as "principalArn", service from principals where service is not null order by arn',
    [],
    { deadline },
  );
  return rows;
}

/** Whether the account has a principal that is this service. */
export async function accountHasService(db: Database, accountId: string, service: string, deadline: number): Promise<boolean> {
  const { rows } = await db.query('select from principals where account_id = $1 and service = $2 limit 1', [accountId, service], {
    deadline,
    name: 'account-has-service',
  });
  return rows.length > 0;
}
