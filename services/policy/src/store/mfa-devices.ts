import { fail } from '@trent/errors';
import type { Transaction } from '@trent/postgres';
import type { Reader } from './identities.ts';

/** A virtual MFA device as it is stored. */
export interface DeviceRow {
  readonly serialNumber: string;
  readonly accountId: string;
  readonly name: string;
  readonly sealedSeed: Buffer;
  readonly tags: Readonly<Record<string, string>>;
  readonly userArn: string | null;
  readonly enabledAt: Date | null;
  readonly driftSteps: number;
}

const COLUMNS = `serial_number as "serialNumber", account_id as "accountId", name, sealed_seed as "sealedSeed", tags, user_arn as "userArn",
  enabled_at as "enabledAt", drift_steps as "driftSteps"`;

/** @throws NoSuchEntity */
export async function findDevice(tx: Reader, accountId: string, serialNumber: string): Promise<DeviceRow> {
  const { rows } = await tx.query<DeviceRow>(`select ${COLUMNS} from mfa_devices where serial_number = $1 and account_id = $2`, [
    serialNumber,
    accountId,
  ]);
  return rows[0] ?? fail('NoSuchEntity', `VirtualMFADevice with serial number ${serialNumber} doesn't exist.`);
}

/** Devices of a user, or of the account; by serial number, those after `after`. */
export async function listDevices(
  tx: Reader,
  accountId: string,
  filter: { readonly userArn?: string | undefined; readonly assigned?: boolean | undefined },
  after: string,
  limit: number,
): Promise<DeviceRow[]> {
  const { rows } = await tx.query<DeviceRow>(
    `select ${COLUMNS} from mfa_devices where account_id = $1 and serial_number collate "C" > $2 and ($3::text is null or user_arn = $3)
       and ($4::boolean is null or (user_arn is not null) = $4) order by serial_number collate "C" limit $5`,
    [accountId, after, filter.userArn ?? null, filter.assigned ?? null, limit],
  );
  return rows;
}

/** Takes a time step of a device, so that its code counts once; false: it, or a later one, was taken before. */
export async function takeStep(tx: Reader | Transaction, serialNumber: string, step: number): Promise<boolean> {
  const { rowCount } = await tx.query('update mfa_devices set last_step = $2 where serial_number = $1 and last_step < $2', [
    serialNumber,
    step,
  ]);
  return rowCount > 0;
}
