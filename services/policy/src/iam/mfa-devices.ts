import { iam, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { isUniqueViolation } from '@trent/postgres';
import { reveal } from '@trent/secret-bytes/reveal';
import { findIdentity, findIdentityByArn, type IdentityRow, type Reader } from '../store/identities.ts';
import { mfaSeedLabel } from '../sts/mfa.ts';
import { findDevice, listDevices as listRows, takeStep, type DeviceRow } from '../store/mfa-devices.ts';
import { change, changes, reads, type IamCall, type IamDeps } from './call.ts';
import { given, userOrCaller } from './names.ts';
import { pageOf } from './paging.ts';
import { QUOTAS } from './quotas.ts';
import { user } from './render.ts';
import { withTags } from './tags.ts';
import { base32Text, newSeed, stepOf, stepOfPair } from './mfa-seed.ts';

/** How far a device's clock may be off when it is given to a user: five minutes; when it is put right again: a day. */
const ENABLE_REACH_STEPS = 10;
const RESYNC_REACH_STEPS = 2_880;

const serialOf = (row: DeviceRow): string => row.serialNumber;

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
 * As with access keys, the answer that is kept for repeats has no seed.
 */
async function createVirtualMfaDevice(deps: IamDeps, call: IamCall): Promise<invoke.InvokeResponse> {
  const { virtualMfaDeviceName, path = '/', tags } = iam.CreateVirtualMFADeviceRequest.decode(call.request.input);
  const name = given(virtualMfaDeviceName);
  const serialNumber = `arn:aws:iam::${call.accountId}:mfa${path}${name}`;
  const sealed = await deps.seal(newSeed(), mfaSeedLabel(serialNumber), call.deadline);
  const kept = await change(deps, call, async (tx) => {
    const values = [serialNumber, call.accountId, name, path, sealed, JSON.stringify(withTags({}, tags))];
    try {
      await tx.query(
        'insert into mfa_devices (serial_number, account_id, name, path, sealed_seed, tags) values ($1, $2, $3, $4, $5, $6)',
        values,
      );
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      fail('EntityAlreadyExists', `MFADevice entity at the same path and name already exists.`, { cause: error });
    }
    return { response: iam.CreateVirtualMFADeviceResponse.create({ virtualMfaDevice: { serialNumber, tags } }) };
  });
  const answer = iam.CreateVirtualMFADeviceResponse.decode(kept.output);
  const device = answer.virtualMfaDevice ?? fail('ServiceFailure');
  const { sealedSeed } = await findDevice(reader(deps, call), call.accountId, serialNumber);
  using seed = await deps.unseal(sealedSeed, mfaSeedLabel(serialNumber), call.deadline);
  device.base32StringSeed = base32Text(reveal(seed));
  return { ...kept, output: Buffer.from(iam.CreateVirtualMFADeviceResponse.encode(answer).finish()) };
}

function reader(deps: IamDeps, call: IamCall): Reader {
  return { query: (text, values) => deps.db.query(text, values, { deadline: call.deadline }) };
}

type Codes = Pick<iam.EnableMFADeviceRequest, 'authenticationCode1' | 'authenticationCode2'>;

/** The step of the second code. @throws InvalidAuthenticationCode */
async function provenStep(deps: IamDeps, call: IamCall, device: DeviceRow, codes: Codes, reach: number): Promise<number> {
  using seed = await deps.unseal(device.sealedSeed, mfaSeedLabel(device.serialNumber), call.deadline);
  const pair = [given(codes.authenticationCode1), given(codes.authenticationCode2)] as const;
  const step = stepOfPair(reveal(seed), pair, stepOf(call.now) + device.driftSteps, reach);
  return step ?? fail('InvalidAuthenticationCode', 'Authentication code for device is not valid.');
}

async function enableMfaDevice(deps: IamDeps, call: IamCall): Promise<invoke.InvokeResponse> {
  const input = iam.EnableMFADeviceRequest.decode(call.request.input);
  const device = await findDevice(reader(deps, call), call.accountId, given(input.serialNumber));
  const step = await provenStep(deps, call, device, input, ENABLE_REACH_STEPS);
  return change(deps, call, async (tx) => {
    const holder = await findIdentity(tx, call.accountId, 'User', given(input.userName), 'for update');
    if ((await listRows(tx, call.accountId, { userArn: holder.arn }, '', QUOTAS.mfaDevicesPerUser)).length >= QUOTAS.mfaDevicesPerUser) {
      fail('LimitExceededException', `Cannot exceed quota for MFADevicesPerUser: ${String(QUOTAS.mfaDevicesPerUser)}`);
    }
    const { rowCount } = await tx.query(
      `update mfa_devices set user_arn = $2, enabled_at = now(), drift_steps = $3, last_step = $4
       where serial_number = $1 and user_arn is null and last_step < $4`,
      [device.serialNumber, holder.arn, step - stepOf(call.now), step],
    );
    if (rowCount === 0) fail('EntityAlreadyExists', 'MFA Device is already in use.');
    return { response: iam.EnableMFADeviceResponse.create() };
  });
}

async function resyncMfaDevice(deps: IamDeps, call: IamCall): Promise<invoke.InvokeResponse> {
  const input = iam.ResyncMFADeviceRequest.decode(call.request.input);
  const held = await heldDevice(
    reader(deps, call),
    call,
    await findIdentity(reader(deps, call), call.accountId, 'User', given(input.userName)),
    input,
  );
  const step = await provenStep(deps, call, held, input, RESYNC_REACH_STEPS);
  return change(deps, call, async (tx) => {
    await tx.query('update mfa_devices set drift_steps = $2 where serial_number = $1', [held.serialNumber, step - stepOf(call.now)]);
    if (!(await takeStep(tx, held.serialNumber, step))) fail('InvalidAuthenticationCode', 'Authentication code for device is not valid.');
    return { response: iam.ResyncMFADeviceResponse.create() };
  });
}

/** The device, which the user must have. @throws NoSuchEntity */
async function heldDevice(
  tx: Reader,
  call: IamCall,
  holder: IdentityRow,
  { serialNumber }: { readonly serialNumber?: string | undefined },
): Promise<DeviceRow> {
  const device = await findDevice(tx, call.accountId, given(serialNumber));
  return device.userArn === holder.arn ? device : fail('NoSuchEntity', `MFA Device invalid for user.`);
}

const deactivateMfaDevice = changes(iam.DeactivateMFADeviceRequest, async (tx, call, input) => {
  const holder = await userOrCaller(tx, call, input.userName, 'for update');
  const { serialNumber } = await heldDevice(tx, call, holder, input);
  await tx.query('update mfa_devices set user_arn = null, enabled_at = null where serial_number = $1', [serialNumber]);
  return { response: iam.DeactivateMFADeviceResponse.create() };
});

const deleteVirtualMfaDevice = changes(iam.DeleteVirtualMFADeviceRequest, async (tx, { accountId }, input) => {
  const device = await findDevice(tx, accountId, given(input.serialNumber));
  if (device.userArn !== null) fail('DeleteConflict', 'Cannot delete an assigned MFA device.');
  await tx.query('delete from mfa_devices where serial_number = $1 and user_arn is null', [device.serialNumber]);
  return { response: iam.DeleteVirtualMFADeviceResponse.create() };
});

const ASSIGNED: Partial<Record<iam.AssignmentStatus, boolean>> = {
  [iam.AssignmentStatus.ASSIGNMENT_STATUS_ASSIGNED]: true,
  [iam.AssignmentStatus.ASSIGNMENT_STATUS_UNASSIGNED]: false,
};

const listVirtualMfaDevices = reads(iam.ListVirtualMFADevicesRequest, async (db, { accountId }, input) => {
  const assigned = ASSIGNED[input.assignmentStatus ?? iam.AssignmentStatus.ASSIGNMENT_STATUS_ANY];
  const { rows, ...more } = await pageOf(input, serialOf, (after, limit) => listRows(db, accountId, { assigned }, after, limit));
  const virtualMfaDevices = await Promise.all(
    rows.map(async ({ serialNumber, userArn, enabledAt }) => ({
      serialNumber,
      ...(userArn === null ? {} : { user: user(await findIdentityByArn(db, userArn), 'listed'), enableDate: enabledAt ?? undefined }),
    })),
  );
  return iam.ListVirtualMFADevicesResponse.create({ virtualMfaDevices, ...more });
});

const listMfaDevices = reads(iam.ListMFADevicesRequest, async (db, call, input) => {
  const holder = await userOrCaller(db, call, input.userName);
  const { rows, ...more } = await pageOf(input, serialOf, (after, limit) =>
    listRows(db, call.accountId, { userArn: holder.arn }, after, limit),
  );
  const mfaDevices = rows.map(({ serialNumber, enabledAt }) => ({
    userName: holder.name,
    serialNumber,
    enableDate: enabledAt ?? undefined,
  }));
  return iam.ListMFADevicesResponse.create({ mfaDevices, ...more });
});

const getMfaDevice = reads(iam.GetMFADeviceRequest, async (db, call, input) => {
  const device = await findDevice(db, call.accountId, given(input.serialNumber));
  const holder = device.userArn === null ? undefined : await findIdentityByArn(db, device.userArn);
  if (input.userName !== undefined && holder?.name.toLowerCase() !== input.userName.toLowerCase()) {
    fail('NoSuchEntity', 'MFA Device invalid for user.');
  }
  return iam.GetMFADeviceResponse.create({
    userName: holder?.name,
    serialNumber: device.serialNumber,
    enableDate: device.enabledAt ?? undefined,
  });
});

/** Virtual MFA devices. */
export const mfaDeviceHandlers = {
  'iam.CreateVirtualMFADevice': createVirtualMfaDevice,
  'iam.EnableMFADevice': enableMfaDevice,
  'iam.DeactivateMFADevice': deactivateMfaDevice,
  'iam.ResyncMFADevice': resyncMfaDevice,
  'iam.DeleteVirtualMFADevice': deleteVirtualMfaDevice,
  'iam.ListVirtualMFADevices': listVirtualMfaDevices,
  'iam.ListMFADevices': listMfaDevices,
  'iam.GetMFADevice': getMfaDevice,
};
